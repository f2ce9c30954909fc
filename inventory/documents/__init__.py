"""What is printed on the floor: sheets to count on, notes that go with transfers, stock cards."""
