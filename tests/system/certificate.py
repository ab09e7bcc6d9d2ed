"""Certificates for 127.0.0.1 that tests trust."""

import subprocess


def make_certificate(folder, name='certificate'):
    """The paths of a new certificate and its key, as texts."""
    certificate, key = f'{folder}/{name}.pem', f'{folder}/{name}.key'
    subprocess.run(
        ['openssl', 'req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256',
         '-nodes', '-days', '2', '-subj', '/CN=127.0.0.1', '-addext',
         'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
        check=True, capture_output=True)
    return certificate, key
