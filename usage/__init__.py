"""How many: directory users, devices, seats, caps, marks, licence totals."""
