"""How rows of this app are written on the wire of v1 and what may be asked of them, for the doors of `usage/api`."""
