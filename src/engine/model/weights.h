// A model's weights in memory: packed matrices, in a mapped file where there is one (packed_file.h), else, or where the
// system maps files in small pages, in one huge-page slab; and the small float vectors.
#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "base/thread_pool.h"
#include "engine/kernels/packed.h"
#include "engine/model/packed_file.h"
#include "engine/model/packed_folder.h"
#include "formats/checkpoint/checkpoint.h"

namespace yun::engine {

struct LayerWeights {
  std::vector<float> attn_norm, ffn_norm;      // [hidden]
  std::vector<float> q_norm, k_norm;           // [head_dim], or empty
  std::vector<float> q_bias, k_bias, v_bias;   // [heads or kv_heads * head_dim], or empty
  kernels::PackedMatrix q, k, v, out, gate, up, down;
};

/// Anonymous memory, never moved. Written in small pages and turned into huge ones afterwards: a virtual machine may
/// have given its free huge pages back to the host, and then getting one takes ten times as long as filling it.
class Slab {
 public:
  Slab() = default;
  Slab(const Slab&) = delete;
  Slab& operator=(const Slab&) = delete;
  ~Slab();
  /// errors: kNoMemory
  Status Allocate(std::uint64_t bytes);
  /// Begins, a second later, to turn all that is written into huge pages, in a thread of its own; readers may go on.
  void StartSettling();
  /// Has it begin at once, and waits for the end.
  void WaitSettled();
  std::uint8_t* data() const { return data_; }
  std::uint64_t bytes() const { return bytes_; }

 private:
  std::uint8_t* data_ = nullptr;
  std::uint64_t bytes_ = 0;
  std::atomic<bool> stop_{false};
  std::mutex mutex_;
  std::condition_variable hurry_;
  bool hurried_ = false;
  std::thread settling_;
};

struct Weights {
  std::vector<LayerWeights> layers;
  std::vector<float> output_norm;        // [hidden]
  kernels::PackedMatrix output;          // [vocab, hidden]; with tied weights the embedding too
  /// Where embeddings are looked up: the packed output when tied, else the rows of the file.
  bool tied = false;
  TensorView embedding;                  // when not tied; borrows: the checkpoint
  const Checkpoint* source = nullptr;    // borrows; whose memory map is read while computing; null: none
  std::uint64_t bytes = 0;               // of the packed matrices
  // Their memory: one of these two.
  std::unique_ptr<PackedFile> file;
  Slab slab;

  Weights() = default;
  ~Weights();
  /// shapes: out [hidden]
  void Embed(std::int32_t token, float* out) const;
  /// While the file is still being read: return when a layer, or the output matrix, is there. The caller helps, no
  /// pool: its threads would spin while one of them waits for the disk, and keep the readers from working.
  void Need(const LayerWeights& layer) const;
  void NeedOutput() const;
  bool complete() const { return !file || file->complete(); }
  /// Whether what is read from files while computing was right until now; else what was computed is to be thrown away,
  /// and these weights with it. errors: kUnavailable (names the file)
  Status CheckSound() const;
  /// The matrices may have got a better place meanwhile; nobody may be reading any.
  void Move();

  /// Waits until the slab's packed file, if one is being made, is there or has failed. thread: one at a time
  void WaitMade();
  /// So, and until all is read and lies in huge pages as far as it will.
  void WaitSettled();

  // What was read has been copied into the slab, which will lie in huge pages: where the matrices' places are then.
  std::atomic<bool> copied{false};
  std::vector<std::pair<kernels::PackedMatrix*, std::uint64_t>> offsets;

  // Makes the packed file from the slab.
  std::atomic<bool> stop_making{false};
  std::thread making;
};

/// Weights without their numbers: shapes and bytes, for what is made before they come. errors: as LoadWeights
Result<std::unique_ptr<Weights>> ShapesOfWeights(const Checkpoint& checkpoint, const ModelConfig& config, bool f32);

/// Maps the packed file of the model, which is read while the weights are used already. Where there is none: packs
/// every matrix, in parallel, lets the file's pages go, and then makes the packed file in a thread of its own.
/// borrows: the checkpoint, as long as the weights live
/// errors: kCorrupt, kNotFound (tensor missing), kUnsupported (shape), kNoMemory
Result<std::unique_ptr<Weights>> LoadWeights(const Checkpoint& checkpoint, const ModelConfig& config, bool f32,
                                             const PackedPlace& place, ThreadPool& pool,
                                             const std::function<void(double)>& on_progress);

}  // namespace yun::engine
