#!/bin/sh
# Makes the test certificates again (openssl 3): a CA, two certificates of the server, a client of that CA and one of nobody's.
set -eu
cd "$(dirname "$0")"
ec() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
issue() { # name, subject, extensions
  ec "$1-key.pem"
  openssl req -new -key "$1-key.pem" -subj "$2" | openssl x509 -req -CA ca.pem -CAkey ca-key.pem -days 36500 -set_serial "$4" -extfile "$3" -out "$1.pem" 2>/dev/null
}
ec ca-key.pem
openssl req -x509 -new -key ca-key.pem -subj "/CN=Pitwall test CA" -days 36500 -out ca.pem
printf 'subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1\n' > extensions.txt
issue server "/CN=server one" extensions.txt 1
issue server-two "/CN=server two" extensions.txt 2
issue client "/CN=client" extensions.txt 3
ec stranger-key.pem
openssl req -x509 -new -key stranger-key.pem -subj "/CN=stranger" -days 36500 -out stranger.pem
rm -f ca-key.pem extensions.txt
