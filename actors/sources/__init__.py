"""Where news comes from: each source recovers alone and tells Fleet, who decides."""
