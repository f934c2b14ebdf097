# Thin names for what ./run, ./test and CMake do.
.PHONY: all run test quick dev asan tsan fuzz arm64 format clean
all: ; scripts/setup && cmake --preset release && ninja -C build/release yun
run: ; ./run
test: ; ./test
quick: ; ./test --quick
dev asan tsan: ; cmake --preset $@ && ninja -C build/$@
fuzz: ; cmake --preset fuzz && ninja -C build/fuzz fuzzers
arm64: ; scripts/setup --arm64 && cmake --preset arm64 && ninja -C build/arm64 && ctest --test-dir build/arm64
format: ; git ls-files 'src/*.h' 'src/*.cc' | xargs clang-format-19 -i
clean: ; rm -rf build/release build/relcheck build/dev build/asan build/tsan build/fuzz build/arm64
