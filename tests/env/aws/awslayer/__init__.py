"""An AWS for tests: moto, unmodified, behind rules that refuse what AWS refuses."""
