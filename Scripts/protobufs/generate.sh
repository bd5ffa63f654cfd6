#!/usr/bin/env bash
# Makes the Swift code of Sources/SeqProtobufs anew from the .proto files beside this script.
#
#     Scripts/protobufs/generate.sh
#
# Needs protoc (Debian and Ubuntu: sudo apt-get install protobuf-compiler; macOS: brew install
# protobuf). The plug-in for Swift is built from the swift-protobuf that the package resolves to, so
# that code and library are of one release. Only a change of a .proto file needs this: the generated
# code is committed.
set -euo pipefail
cd "$(dirname "$0")/../.."

if ! command -v protoc >/dev/null; then
  echo "generate: protoc is missing: sudo apt-get install protobuf-compiler" >&2
  exit 69
fi
swift package resolve
build="${TMPDIR:-/tmp}/swift-seq2seq-protoc-gen-swift"
swift build -c release --package-path .build/checkouts/swift-protobuf --scratch-path "$build" \
  --product protoc-gen-swift
protoc --plugin="$build/release/protoc-gen-swift" --proto_path=Scripts/protobufs \
  --swift_out=Sources/SeqProtobufs --swift_opt=Visibility=Public,UseAccessLevelOnImports=true \
  Scripts/protobufs/*.proto
