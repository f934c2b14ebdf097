// A low-rank adapter (LoRA) in memory, packed for one model: y = W x + B (A x), scaled in B.
#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "base/result.h"
#include "engine/kernels/packed.h"
#include "engine/model/huge_pages.h"
#include "formats/checkpoint/adapter_file.h"
#include "formats/checkpoint/checkpoint.h"

namespace yun::engine {

/// The matrices of a layer that an adapter may change, in the order of kAdapterParts: those of one input together.
enum class AdapterPart : std::uint8_t { kQ, kK, kV, kOut, kGate, kUp, kDown };
inline constexpr std::size_t kAdapterPartCount = 7;
/// What these eat: the normed residual stream before attention, attention's result, the stream before the feed-forward
/// network, that network's inner row.
enum class AdapterInput : std::uint8_t { kAttention, kOut, kFeedForward, kDown };
inline constexpr std::size_t kAdapterInputCount = 4;

/// thread: constant
class Adapter {
 public:
  struct Part {
    kernels::PackedMatrix b = {};  // [out, rank], with the scale in it; rank 0: this matrix stays as it is
    std::uint32_t column = 0;      // of A's results, where this part's begin
    std::uint32_t rank() const { return b.cols; }
  };
  struct Layer {
    /// Of an input's parts, one below the other; each fills whole panels.
    kernels::PackedMatrix a[kAdapterInputCount] = {};
    Part parts[kAdapterPartCount];
  };

  /// Packs the file's matrices in f32, or in bfloat16. reserve: called with the bytes before they are taken; what it
  /// returns goes with the adapter
  /// errors: kInvalidArgument (not made for such a model: names the tensor and both shapes), kCorrupt (a weight that is
  /// no finite number), and reserve's
  using Reserve = std::function<Result<std::shared_ptr<const void>>(std::uint64_t bytes)>;
  static Result<std::unique_ptr<Adapter>> Create(const AdapterFile& file, const ModelConfig& config, bool f32,
                                                 const Reserve& reserve = {});

  const Layer& layer(std::uint32_t index) const { return layers_[index]; }
  /// Of the widest input: floats that A's results of a row take.
  std::uint32_t low_columns() const { return low_columns_; }
  /// The same for the same matrices, of this model: what was computed with them may be used again.
  std::uint64_t digest() const { return digest_; }
  std::uint64_t bytes() const { return data_.size(); }
  std::uint32_t rank_max() const { return rank_max_; }

 private:
  std::shared_ptr<const void> room_;
  std::vector<Layer> layers_;
  StreamedVector<std::uint8_t> data_;
  std::uint64_t digest_ = 0;
  std::uint32_t low_columns_ = 0, rank_max_ = 0;
};

/// The parts that eat an input: [first, second).
std::pair<std::size_t, std::size_t> PartsOf(AdapterInput input);

}  // namespace yun::engine
