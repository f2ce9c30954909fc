"""Order logs of other systems, replayed as orders of this one."""
