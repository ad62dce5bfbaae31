"""The local world: a Kubernetes control plane and an AWS emulator on loopback. See ../README.md."""
