"""The rules, one module per noun. Each rule names its source; README.md lists them all."""
