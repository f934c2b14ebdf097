// The option of every command that runs a model: how keys and values are kept.
#pragma once
#include <CLI/CLI.hpp>
#include <map>
#include <string>

#include "engine/engine.h"

namespace yun::cli {

inline void AddKvType(CLI::App& command, engine::CacheType& type) {
  using engine::CacheType;
  command
      .add_option("--kv-type", type,
                  "How keys and values are kept: f16, bf16, or q8 (8 bits: half the memory, faster far into a context)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, CacheType>{
              {"f16", CacheType::kF16}, {"bf16", CacheType::kBF16}, {"q8", CacheType::kQ8}}))
      ->option_text("f16|bf16|q8");
}

}  // namespace yun::cli
