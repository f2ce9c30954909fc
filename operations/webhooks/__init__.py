"""Telling other systems: what happened (happenings, moves), to whom (fan_out), and sending it."""
