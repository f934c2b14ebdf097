// A model in another tensor type: a Hugging Face folder or a GGUF file in, a GGUF file out.
#pragma once
#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/quant/types.h"

namespace yun {

/// What every tensor becomes; "q4_k_m" and the like are recipes that give some tensors more bits.
struct Recipe {
  std::string_view name;    // as on the command line
  quant::Type matrices;     // most matrices
  quant::Type output;       // the output projection, also when it is the embedding
  quant::Type sensitive;    // attn_v and ffn_down of the layers where it pays
  std::uint32_t file_type;  // GGUF's general.file_type
};
const std::vector<Recipe>& Recipes();
/// Null when there is none of that name.
const Recipe* FindRecipe(std::string_view name);

struct ConvertOptions {
  int threads = 1;
  bool replace = false;  // an existing output
  /// source bytes done and in all, and the tensor at hand; about once a few MB
  std::function<void(std::uint64_t done, std::uint64_t total, std::string_view tensor)> on_progress;
  /// A line for people: a tensor that gets another type than asked for, a missing tokenizer.
  std::function<void(const std::string&)> on_note;
  const std::atomic<bool>* cancel = nullptr;  // borrows
};

struct ConvertReport {
  std::uint64_t parameters = 0, bytes_in = 0, bytes_out = 0;  // bytes of tensors
  bool has_tokenizer = false, has_template = false;
};

/// Writes `out` whole or not at all. Vectors stay f32; rows that are no whole number of blocks get a type that fits.
/// Metadata is kept; of a folder, tokenizer, chat template and generation settings become GGUF metadata.
/// errors: as Checkpoint::Open, and kAlreadyExists, kDisk (also when the disk is too small), kInvalidArgument (a weight
/// that cannot be stored, by tensor and element), kCancelled
Result<ConvertReport> Convert(const std::filesystem::path& in, const std::filesystem::path& out, const Recipe& recipe,
                              const ConvertOptions& options);

}  // namespace yun
