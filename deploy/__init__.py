"""Where the house is plugged in: settings, the embedded stack, provisioning and the two commands."""
