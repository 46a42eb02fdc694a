"""From an archive in the object store to code in the engine: check, scan, store."""
