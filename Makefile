# What a person does with a clone, one word each. `make` alone lists them.

DEMO := runs/demo-french

.PHONY: help setup build demo test bench format lint check

help:
	@echo "make demo    build, train the French phrasebook, and show what it learned"
	@echo "make test    build and run every test"
	@echo "make build   build the seq2seq command (.build/release/seq2seq)"
	@echo "make bench   train beside PyTorch (Multi30k at hand), decode beside CTranslate2 and transformers,"
	@echo "             and measure what lengths, batches, widths and workers cost"
	@echo "make format  rewrite the sources in the project's format"
	@echo "make lint    say where the format or a documentation comment is wrong"
	@echo "make check   all that must hold before a commit lands"

# Silent when nothing is missing.
setup:
	@./Scripts/setup.sh

build: setup
	swift build -c release --product seq2seq

# The folder is the demo's own: an earlier demonstration gives way to the new one.
demo: build
	@rm -rf $(DEMO)
	.build/release/seq2seq demo --output $(DEMO)

# The tests see `package` symbols, so they share the release build of the command.
test: setup
	swift build -c release --build-tests
	swift test -c release --skip-build --disable-xctest

# The peers are installed outside the tree. DATA names the folder of Multi30k's train.en and train.de.
bench: build
	@./Scripts/peers/setup.sh
	Benchmarks/training.py multi30k $(if $(DATA),--data $(DATA))
	Benchmarks/training.py wide --rounds 2 --steps 4 --warmup 2 $(if $(DATA),--data $(DATA))
	Benchmarks/training.py recurrent --rounds 2 --steps 20 --warmup 4 $(if $(DATA),--data $(DATA))
	Benchmarks/reverse.py
	Benchmarks/translation.py
	Benchmarks/costs.py --svg runs/costs

format:
	swift format --in-place --recursive --parallel Sources Tests Snippets Package.swift

lint:
	swift format lint --strict --recursive --parallel Sources Tests Snippets Package.swift

check:
	@./Scripts/check.sh
