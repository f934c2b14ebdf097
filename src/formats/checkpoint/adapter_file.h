// A low-rank adapter (LoRA) on disk: PEFT's folder, or a GGUF file of llama.cpp's converter.
#pragma once
#include <compare>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/checkpoint/checkpoint.h"
#include "formats/gguf/gguf.h"
#include "formats/safetensors/safetensors.h"

namespace yun {

constexpr std::uint32_t kAdapterRankMax = 512;

/// The matrices of a layer that an adapter may change.
inline constexpr std::string_view kAdapterParts[] = {"attn_q",   "attn_k", "attn_v",  "attn_output",
                                                     "ffn_gate", "ffn_up", "ffn_down"};
struct AdapterPlace {
  std::uint32_t layer = 0;
  std::size_t part = 0;  // index into kAdapterParts
  auto operator<=>(const AdapterPlace&) const = default;
};
/// Which of them a canonical name means; empty for any other.
std::optional<AdapterPlace> AdapterPlaceOf(std::string_view canonical_name);

/// What an adapter adds to one matrix W [out, in] of its model: scale B A.
/// source: LoRA, Hu et al. 2021
struct AdapterProduct {
  AdapterPlace place;
  std::string matrix;          // canonical name of W: "blk.3.attn_q.weight"
  std::string a_name, b_name;  // as in the file
  TensorView a, b;             // [rank, in] and [out, rank]; borrow: the AdapterFile
  float scale = 1;             // alpha / rank, or alpha / sqrt(rank)
};

/// thread: const methods from any thread
class AdapterFile {
 public:
  /// `path`: a folder that holds adapter_config.json and adapter_model.safetensors, or a GGUF file.
  /// errors: kNotFound, kDisk, kCorrupt, kTooLarge, kUnsupported (what an adapter may hold beyond low-rank products of
  /// the seven matrices of a layer: by name)
  static Result<AdapterFile> Open(const std::filesystem::path& path);
  /// What is in memory; `name` stands for the file in errors. borrows: what the models borrow
  static Result<AdapterFile> OfPeft(std::string_view config_json, safetensors::Model model, std::string_view name);
  static Result<AdapterFile> OfGguf(gguf::File file, std::string_view name);

  const std::string& name() const { return name_; }
  /// GGUF's word; empty where the file does not say it.
  const std::string& architecture() const { return architecture_; }
  /// Of q and k, B's rows of a head are in pairs (2i, 2i+1), as GGUF's llama has them.
  bool rope_interleaved() const { return architecture_ == "llama"; }
  /// One a matrix, in the order of their places, each of a rank in [1, kAdapterRankMax]; A and B fit each other, and
  /// rows are whole blocks.
  const std::vector<AdapterProduct>& products() const { return products_; }

 private:
  Status Check();

  std::string name_, architecture_;
  safetensors::Model peft_;
  gguf::File gguf_;
  std::vector<AdapterProduct> products_;
};

}  // namespace yun
