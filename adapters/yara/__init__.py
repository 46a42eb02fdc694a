"""Adapter: YARA rules over bots' code. Needs the extra `yara`; without it nothing is scanned."""
