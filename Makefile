# imagecat: the images of many clouds as PostgreSQL tables
#
#   make, make install        build and install, for PostgreSQL $(PG_MAJOR)
#   make demo, make demo-stop a running example on this machine
#   make test                 all tests; check-quick: those that need no OpenStack, in under two minutes
#
# demo, test and check-quick install the Debian packages that they miss.

EXTENSION  = imagecat
MODULE_big = imagecat
DATA       = $(wildcard src/sql/imagecat--*.sql)
OBJS       = $(patsubst %.c,%.o,$(wildcard src/*.c src/*/*.c))
REGRESS    = $(patsubst sql/%.sql,%,$(sort $(wildcard sql/*.sql)))
EXTRA_CLEAN = build tmp_check

PG_MAJOR  ?= 15
PG_CONFIG ?= /usr/lib/postgresql/$(PG_MAJOR)/bin/pg_config
export PG_MAJOR PG_CONFIG

LIBRARIES   = libcurl json-c libcrypto
PG_CPPFLAGS = -I$(srcdir)/src $(shell pkg-config --cflags $(LIBRARIES))
SHLIB_LINK  = $(shell pkg-config --libs $(LIBRARIES))
PG_CFLAGS   = -std=gnu11 -Wall -Wextra -Werror
# PostgreSQL's headers and callback signatures need these two.
PG_CFLAGS  += -Wno-unused-parameter -Wno-sign-compare
# Const tables leave out the members that are zero.
PG_CFLAGS  += -Wno-missing-field-initializers

# No bitcode for the JIT: the module has no operators worth inlining, and clang is not always there.
override with_llvm = no

PGXS      := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
BUILDABLE := $(and $(PGXS),$(shell pkg-config --exists $(LIBRARIES) 2>/dev/null && echo yes))

ifdef BUILDABLE
include $(PGXS)
$(OBJS): Makefile $(wildcard src/*.h src/*/*.h)

# The same sources under the other compiler, which does not know all of PostgreSQL's gcc flags and attributes.
check-clang:
	rm -rf build/clang
	mkdir -p build/clang
	cp -r Makefile imagecat.control src build/clang
	find build/clang -name '*.o' -delete
	$(MAKE) -C build/clang all CC=clang \
		COPT='-Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes'
else
all install installcheck check-clang clean:
	@test/setup/packages --missing build
	@echo "$(PG_CONFIG) leads to no PGXS: set PG_CONFIG or PG_MAJOR"; exit 1
endif

test:
	test/run all

check-quick:
	test/run quick

demo:
	test/demo/run

demo-stop:
	test/demo/stop

fuzz:
	test/fuzz/run

bench:
	test/bench/run

.PHONY: check-clang test check-quick demo demo-stop fuzz bench
