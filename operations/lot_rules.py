"""What verify_ledger proves about lots: each finds the rows that break it."""

LOT_RULES: dict[str, str] = {
    "lot_range": """
        SELECT 'lot balance ' || id, 'on hand ' || on_hand
        FROM inventory_lotbalance WHERE on_hand < 0""",
    "lot_place": """
        SELECT 'lot balance ' || b.id, 'lot ' || l.id || ' is of variation ' || l.variation_id
               || ' but stock ' || s.id || ' of variation ' || s.variation_id
        FROM inventory_lotbalance b
        JOIN inventory_lot l ON l.id = b.lot_id
        JOIN inventory_stock s ON s.id = b.stock_id
        WHERE l.variation_id <> s.variation_id""",
    "lots_equal_balance": """
        SELECT 'stock ' || s.id, 'on hand ' || s.on_hand || ' but its lots sum to '
               || COALESCE(b.total, 0)
        FROM inventory_stock s
        LEFT JOIN (SELECT stock_id, sum(on_hand) AS total FROM inventory_lotbalance GROUP BY 1) b
          ON b.stock_id = s.id
        WHERE COALESCE(b.total, 0) <>
              CASE WHEN s.tracks_lots OR s.tracks_expiry THEN s.on_hand ELSE 0 END""",
    "unavailable_equals_lots": """
        SELECT 'stock ' || s.id, 'unavailable ' || s.unavailable
               || ' but its expired and quarantined lots sum to ' || COALESCE(b.total, 0)
        FROM inventory_stock s
        LEFT JOIN (SELECT stock_id, sum(on_hand) AS total FROM inventory_lotbalance
                   WHERE quarantined OR expired GROUP BY 1) b ON b.stock_id = s.id
        WHERE s.unavailable <> COALESCE(b.total, 0)""",
    "lot_equals_movements": """
        SELECT 'lot ' || COALESCE(b.lot_id, m.lot_id) || ' of stock '
               || COALESCE(b.stock_id, m.stock_id),
               'on hand ' || COALESCE(b.on_hand, 0) || ' but its movements sum to '
               || COALESCE(m.total, 0)
        FROM inventory_lotbalance b
        FULL JOIN (SELECT stock_id, lot_id, sum(quantity) AS total FROM inventory_stockmovement
                   WHERE lot_id IS NOT NULL GROUP BY 1, 2) m
          ON m.stock_id = b.stock_id AND m.lot_id = b.lot_id
        WHERE COALESCE(b.on_hand, 0) <> COALESCE(m.total, 0)""",
    "transit_lots_equal_line": """
        SELECT 'transfer line ' || l.id, 'shipped ' || l.quantity_shipped || ', in transit '
               || l.in_transit || ' but its lots sum to ' || COALESCE(t.shipped, 0) || ' and '
               || COALESCE(t.in_transit, 0)
        FROM (SELECT *, quantity_shipped - quantity_received - quantity_damaged - quantity_lost
                        - quantity_returned AS in_transit
              FROM inventory_transferline) l
        JOIN inventory_productvariation v ON v.id = l.variation_id
        JOIN inventory_product p ON p.id = v.product_id
        LEFT JOIN (SELECT line_id, sum(quantity_shipped) AS shipped,
                          sum(quantity_in_transit) AS in_transit
                   FROM inventory_transferlot GROUP BY 1) t ON t.line_id = l.id
        WHERE (t.line_id IS NOT NULL
               OR (l.in_transit > 0 AND (p.lot_tracking OR p.expiration_tracking)))
          AND (COALESCE(t.shipped, 0) <> l.quantity_shipped
               OR COALESCE(t.in_transit, 0) <> l.in_transit)""",
    "transit_lot_place": """
        SELECT 'transfer lot ' || t.id, 'lot ' || o.id || ' is of variation ' || o.variation_id
               || ' but line ' || l.id || ' of variation ' || l.variation_id
        FROM inventory_transferlot t
        JOIN inventory_lot o ON o.id = t.lot_id
        JOIN inventory_transferline l ON l.id = t.line_id
        WHERE o.variation_id <> l.variation_id""",
    "decimals_are_the_units": """
        SELECT 'stock ' || s.id, 'it is counted with ' || s.quantity_decimals
               || ' decimals, but ' || u.code || ' have ' || u.decimals
        FROM inventory_stock s
        JOIN inventory_productvariation v ON v.id = s.variation_id
        JOIN inventory_unitofmeasure u ON u.code = v.stock_unit
        WHERE s.quantity_decimals <> u.decimals""",
    "tracking_is_the_products": """
        SELECT 'stock ' || s.id, 'it tracks lots or expiry otherwise than its product'
        FROM inventory_stock s
        JOIN inventory_productvariation v ON v.id = s.variation_id
        JOIN inventory_product p ON p.id = v.product_id
        WHERE s.tracks_lots <> p.lot_tracking OR s.tracks_expiry <> p.expiration_tracking""",
}
