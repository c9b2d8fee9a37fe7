#!/bin/bash
# Proves that requests are signed as published examples say, with private keys of each kind in each file format.
set -eu
here=$(dirname "$0")
pg_config=${PG_CONFIG:-/usr/lib/postgresql/${PG_MAJOR:-15}/bin/pg_config}
keys=$(mktemp -d)
trap 'rm -rf "$keys"' EXIT

arguments=()
# make_key NAME TYPE BITS: in OpenSSH's format, and in the others where ssh-keygen writes them
make_key() {
	local name=$keys/$1 fingerprint format
	ssh-keygen -q -t "$2" -b "$3" -N '' -f "$name"
	fingerprint=$(ssh-keygen -l -E md5 -f "$name" | sed 's/.* MD5:\([^ ]*\) .*/\1/')
	arguments+=("$name" "$fingerprint")
	for format in PEM PKCS8; do
		[ "$2" != ed25519 ] || continue
		cp "$name" "$name.$format"
		ssh-keygen -q -p -m $format -P '' -N '' -f "$name.$format" >/dev/null
		arguments+=("$name.$format" "$fingerprint")
	done
}
make_key rsa rsa 2048
make_key ed25519 ed25519 256
for bits in 256 384 521; do make_key "ecdsa-$bits" ecdsa $bits; done

ssh-keygen -q -t ed25519 -N secret -f "$keys/with-passphrase"
openssl pkey -in "$keys/rsa.PKCS8" -aes256 -passout pass:secret -out "$keys/encrypted"
openssl genpkey -algorithm x25519 -out "$keys/x25519"
echo nonsense >"$keys/nonsense"
for name in with-passphrase encrypted x25519 nonsense rsa.pub; do arguments+=("$keys/$name" none); done

# palloc is what PostgreSQL's own programs have, and never freed
export ASAN_OPTIONS=detect_leaks=0
UNIT_FLAGS="-I$here/../../src -I$here/../../src/auth -I$("$pg_config" --includedir-server)
	-Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers -Wno-ignored-attributes
	-L$("$pg_config" --pkglibdir) -L$("$pg_config" --libdir) -lpgcommon -lpgport -lcrypto -lm"
export UNIT_FLAGS
"$here/../unit/run" signature_test auth/signature auth/aksk_signature auth/private_key auth/openssh_key -- "${arguments[@]}"
