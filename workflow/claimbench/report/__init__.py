"""Tables and pages: what was measured and judged, as files to compute with and as a site to read."""
