"""The keys of one world: an authority, a server certificate, client certificates, the key that signs service account tokens."""

from __future__ import annotations

import datetime
import ipaddress
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

LIFETIME = datetime.timedelta(days=365)
# A clock that is a little behind, on a machine that was just resumed, must not see certificates of the future.
BACKDATED = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class Certificates:
    """Paths of the PEM files of one world; a certificate's key lies beside it with the suffix `.key`."""

    folder: Path

    @property
    def authority(self) -> Path:
        """Return the certificate that all parts trust."""
        return self.folder / "authority.crt"

    @property
    def server(self) -> Path:
        """Return the server certificate of the parts that listen."""
        return self.folder / "server.crt"

    @property
    def administrator(self) -> Path:
        """Return the client certificate of `system:masters`."""
        return self.folder / "administrator.crt"

    @property
    def controller_manager(self) -> Path:
        """Return the client certificate of kube-controller-manager."""
        return self.folder / "controller-manager.crt"

    @property
    def service_accounts(self) -> Path:
        """Return the private key that signs service account tokens; its public half has the suffix `.pub`."""
        return self.folder / "service-accounts.key"


def ensure(folder: Path) -> Certificates:
    """Return the certificates in `folder`, creating all of them when the last one written is missing."""
    files = Certificates(folder)
    if files.administrator.exists():
        return files
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    signer = ec.generate_private_key(ec.SECP256R1())
    _write_key(files.service_accounts, signer)
    public = signer.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    files.service_accounts.with_suffix(".pub").write_bytes(public)

    authority = _Authority.create()
    files.authority.write_bytes(authority.certificate.public_bytes(serialization.Encoding.PEM))
    names = ["localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc"]
    authority.issue(files.server, "kube-apiserver", servers=names)
    authority.issue(files.controller_manager, "system:kube-controller-manager")
    authority.issue(files.administrator, "administrator", group="system:masters")
    return files


@dataclass(frozen=True)
class _Authority:
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @staticmethod
    def create() -> _Authority:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "fargatestack-test-world")])
        builder = _dated(name, name, key).add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        return _Authority(key, builder.sign(key, hashes.SHA256()))

    def issue(self, path: Path, name: str, *, group: str | None = None, servers: list[str] | None = None) -> None:
        """Write a certificate: for servers by these DNS names and 127.0.0.1, else for a client (name = user, group = O)."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = [x509.NameAttribute(NameOID.COMMON_NAME, name)]
        if group is not None:
            subject.append(x509.NameAttribute(NameOID.ORGANIZATION_NAME, group))
        usage = ExtendedKeyUsageOID.CLIENT_AUTH if servers is None else ExtendedKeyUsageOID.SERVER_AUTH
        builder = _dated(x509.Name(subject), self.certificate.subject, key).add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
        if servers is not None:
            names: list[x509.GeneralName] = [x509.DNSName(server) for server in servers]
            names.append(x509.IPAddress(ipaddress.ip_address("127.0.0.1")))
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _write_key(path.with_suffix(".key"), key)
        path.write_bytes(builder.sign(self.key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))


def _dated(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - BACKDATED)
        .not_valid_after(now + LIFETIME)
    )


def _write_key(path: Path, key: ec.EllipticCurvePrivateKey) -> None:
    pem = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(pem)
