"""Who gets which answer: every endpoint × every role × own or foreign warehouse.

One table, a file of rows per app in `rows/`; `test_matrix.py` requests every cell and compares its
status, and fails for an endpoint or a method that has no row. Whoever adds an endpoint adds a row
to the file of its app:

    Row("post", "/api/alerts/{alert}/snooze/",
        own="200 200 200 403 403", foreign="200 404 404 403 403",
        body=lambda place: {"until": "2099-01-01"})

- `own` and `foreign` are the statuses for admin, manager, staff, sales, viewer, in that order.
  Everybody but the admin works in the own warehouse alone; without signing in it is 401, unless
  `anonymous` says otherwise. Each cell is undone, so rows do not see each other.
- `{alert}` is a reference to an object of the place in question. A function marked with `@made`
  makes it, once per place; one marked `@shared` makes what belongs to the whole company, such as a
  product. The name in the row is the function's name. It returns the code or the primary key.
  A text that only people of its warehouse may read is `place.secret("notes")`.
- `foreign` stays away where neither path nor body name anything of a warehouse.
- `{own.stock}` is of the own warehouse in both cases, for a foreign thing inside an own one:
  several rows may speak of one endpoint, and `own[...]` can be had from `place.own` in a body.
- A filter is a row too: `Row("get", "/api/alerts/?warehouse={warehouse}", …)`.

`test_scope.py` then takes the same rows and shows that a foreign reference gets, but for the
reference itself, the very answer of an absent one, and that nothing that stands in a foreign
warehouse alone comes out of any list, export, search, detail, admin page or error message.
"""
