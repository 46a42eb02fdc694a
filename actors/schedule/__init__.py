"""Scheduled bots: when they are due, and what happens to one run.

`fields` and `cron` read an expression, `timetable` says when it is due, `counting` counts without walking, `explain`
says it in words; all pure.
"""
