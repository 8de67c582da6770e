#!/bin/sh
# Makes the certificates of this folder, with OpenSSL 3; README.md says what each is for. Made once: the keys are for tests only.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
key() { openssl ecparam -name prime256v1 -genkey -noout 2>/dev/null | openssl pkcs8 -topk8 -nocrypt -out "$work/$1.key"; }
# sign NAME CA EXTENSIONS START END: a certificate for NAME.key
sign() {
    printf '%b\n' "[e]\n$3" >"$work/e.cnf"
    : >"$work/index"
    printf '[ca]\ndefault_ca=d\n[d]\ndatabase=%s/index\nnew_certs_dir=%s\nrand_serial=yes\ndefault_md=sha256\npolicy=p\nunique_subject=no\n[p]\ncommonName=supplied\n' "$work" "$work" >"$work/ca.cnf"
    openssl req -new -key "$work/$1.key" -subj "/CN=gavel test $1" -out "$work/$1.csr"
    signer="-cert $work/$2.crt -keyfile $work/$2.key"
    test "$1" != "$2" || signer="-selfsign -keyfile $work/$2.key"
    # shellcheck disable=SC2086
    openssl ca -batch -notext -config "$work/ca.cnf" $signer -in "$work/$1.csr" -out "$work/$1.crt" \
        -extfile "$work/e.cnf" -extensions e -startdate "$4" -enddate "$5" 2>/dev/null
}
from=20250101000000Z
until=21240101000000Z
ca='basicConstraints=critical,CA:true\nkeyUsage=critical,keyCertSign'
server='keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=DNS:box.example.org,DNS:*.shop.example.org'
for name in root middle leaf expired client nameless other; do key $name; done
openssl genrsa -out "$work/rsa.key" 2048 2>/dev/null
openssl genrsa -out "$work/weak.key" 1024 2>/dev/null
sign root root "$ca" $from $until
sign middle root "$ca" $from $until
sign leaf middle "$server" $from $until
sign rsa middle "$server" $from $until
sign weak middle "$server" $from $until
sign expired middle "$server" $from 20250201000000Z
sign client middle 'keyUsage=critical,digitalSignature\nextendedKeyUsage=clientAuth\nsubjectAltName=DNS:box.example.org' $from $until
sign nameless middle 'keyUsage=critical,digitalSignature\nextendedKeyUsage=serverAuth\nsubjectAltName=IP:127.0.0.1' $from $until
cp "$work/root.crt" root.crt
for name in leaf rsa weak expired client nameless; do
    cat "$work/$name.crt" "$work/middle.crt" "$work/$name.key" >"$name.pem"
done
cat "$work/middle.crt" "$work/leaf.crt" "$work/leaf.key" >disorder.pem
cat "$work/leaf.crt" "$work/middle.crt" "$work/other.key" >stranger.pem
cat "$work/leaf.crt" "$work/middle.crt" >keyless.pem
openssl pkcs8 -topk8 -in "$work/leaf.key" -passout pass:secret -out "$work/locked.key"
cat "$work/leaf.crt" "$work/middle.crt" "$work/locked.key" >locked.pem
# middle's name on a certificate that another key signed
key forged
cp "$work/middle.crt" "$work/true.crt"
cp "$work/middle.key" "$work/true.key"
cp "$work/forged.key" "$work/middle.key"
sign middle root "$ca" $from $until
cat "$work/leaf.crt" "$work/middle.crt" "$work/leaf.key" >forged.pem
