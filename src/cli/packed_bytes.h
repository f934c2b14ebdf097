// The option of every command that runs a model: what packed weights may take of the disk.
#pragma once
#include <CLI/CLI.hpp>
#include <cstdint>
#include <optional>

namespace yun::cli {

inline void AddPackedBytes(CLI::App& command, std::optional<std::uint64_t>& bytes) {
  command
      .add_option("--packed-bytes", bytes,
                  "What weights kept in the home folder as the processor takes them, for quick starts, may take of the "
                  "disk, e.g. 20GB; 0: none (default: a fifth of what is free, at most 64 GiB)")
      ->transform(CLI::AsSizeValue(false))
      ->envname("YUN_PACKED_BYTES")
      ->type_name("BYTES");
}

}  // namespace yun::cli
