#include "engine/model/weights.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <atomic>
#include <chrono>

#include "base/check.h"
#include "engine/kernels/pack.h"
#include "engine/kernels/unpack.h"
#include "formats/quant/dequantize.h"

namespace yun::engine {
namespace {

constexpr std::uint64_t kHugePage = 2u << 20;
constexpr int kMadvCollapse = 25;  // MADV_COLLAPSE: Linux 6.1, not yet in Debian 12's headers
constexpr int kSettleNice = 10;
constexpr std::uint32_t kReleasePanels = 128;  // panels of the file let go at a time
constexpr std::chrono::seconds kSettleAfter{1};

/// A matrix to be packed, and where from.
struct Job {
  kernels::PackedMatrix* target;
  TensorView view;
  std::uint32_t interleaved_head_dim = 0;  // not 0: rows of a head are in pairs (2i, 2i+1); bring them to (i, i + d/2)
  bool with_next = false;                  // multiplied in one ParallelFor with the next
};

Result<std::vector<float>> Vector(const Checkpoint& checkpoint, const std::string& name, std::uint64_t size) {
  ASSIGN_OR_RETURN(const TensorView view, checkpoint.Tensor(name));
  if (view.shape.size() != 1 || view.shape[0] != size)
    return Fail(Code::kCorrupt, "tensor {}: expected {} elements", name, size);
  std::vector<float> values(size);
  quant::DequantizeRow(view.type, view.bytes.data(), values.data(), size);
  return values;
}

Result<TensorView> Matrix(const Checkpoint& checkpoint, const std::string& name, std::uint64_t rows,
                          std::uint64_t cols) {
  ASSIGN_OR_RETURN(TensorView view, checkpoint.Tensor(name));
  if (view.shape.size() != 2 || view.shape[0] != rows || view.shape[1] != cols)
    return Fail(Code::kCorrupt, "tensor {}: expected shape [{}, {}]", name, rows, cols);
  if (cols % quant::InfoOf(view.type).block_items != 0)
    return Fail(Code::kCorrupt, "tensor {}: {} columns are no multiple of the {} block", name, cols,
                quant::InfoOf(view.type).name);
  return view;
}

}  // namespace

Slab::~Slab() {
  stop_ = true;
  WaitSettled();
  if (data_) ::munmap(data_, bytes_);
}

Status Slab::Allocate(std::uint64_t bytes) {
  bytes_ = (bytes + kHugePage - 1) / kHugePage * kHugePage + kHugePage;
  void* data = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (data == MAP_FAILED) {
    bytes_ = 0;
    return Fail(Code::kNoMemory, "no memory for {} MiB of weights", bytes >> 20);
  }
  data_ = static_cast<std::uint8_t*>(data);
  return {};
}

void Slab::StartSettling() {
  settling_ = std::thread([this] {
    {  // the first tokens come first
      std::unique_lock lock(mutex_);
      hurry_.wait_for(lock, kSettleAfter, [&] { return hurried_; });
    }
    static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kSettleNice));
    const auto first = reinterpret_cast<std::uintptr_t>(data_), end = first + bytes_;
    for (std::uintptr_t at = (first + kHugePage - 1) / kHugePage * kHugePage; at + kHugePage <= end && !stop_;
         at += kHugePage) {
      // EINVAL: a page that was never written, or a system that knows no such call: it stays as it is.
      static_cast<void>(::madvise(reinterpret_cast<void*>(at), kHugePage, kMadvCollapse));
    }
  });
}

void Slab::WaitSettled() {
  {
    std::lock_guard lock(mutex_);
    hurried_ = true;
  }
  hurry_.notify_all();
  if (settling_.joinable()) settling_.join();
}

void Weights::Embed(std::int32_t token, float* out) const {
  if (tied) return kernels::UnpackRow(output, static_cast<std::uint32_t>(token), out);
  const std::size_t row_bytes = quant::RowBytes(embedding.type, embedding.shape[1]);
  quant::DequantizeRow(embedding.type, embedding.bytes.data() + static_cast<std::size_t>(token) * row_bytes, out,
                       embedding.shape[1]);
}

Result<std::unique_ptr<Weights>> LoadWeights(const Checkpoint& checkpoint, const ModelConfig& c, bool f32,
                                             ThreadPool& pool, const std::function<void(double)>& on_progress) {
  auto weights = std::make_unique<Weights>();
  weights->layers.resize(c.layers);
  weights->tied = c.tied;
  std::vector<Job> jobs;
  const std::uint32_t q_rows = c.heads * c.head_dim, kv_rows = c.kv_heads * c.head_dim;
  const std::uint32_t interleaved = c.rope_interleaved ? c.head_dim : 0;

  ASSIGN_OR_RETURN(weights->output_norm, Vector(checkpoint, "output_norm.weight", c.hidden));
  for (std::uint32_t i = 0; i < c.layers; ++i) {
    LayerWeights& layer = weights->layers[i];
    const std::string at = "blk." + std::to_string(i) + ".";
    ASSIGN_OR_RETURN(layer.attn_norm, Vector(checkpoint, at + "attn_norm.weight", c.hidden));
    ASSIGN_OR_RETURN(layer.ffn_norm, Vector(checkpoint, at + "ffn_norm.weight", c.hidden));
    if (c.qk_norm) {
      ASSIGN_OR_RETURN(layer.q_norm, Vector(checkpoint, at + "attn_q_norm.weight", c.head_dim));
      ASSIGN_OR_RETURN(layer.k_norm, Vector(checkpoint, at + "attn_k_norm.weight", c.head_dim));
    }
    if (c.qkv_bias) {
      ASSIGN_OR_RETURN(layer.q_bias, Vector(checkpoint, at + "attn_q.bias", q_rows));
      ASSIGN_OR_RETURN(layer.k_bias, Vector(checkpoint, at + "attn_k.bias", kv_rows));
      ASSIGN_OR_RETURN(layer.v_bias, Vector(checkpoint, at + "attn_v.bias", kv_rows));
    }
    struct Row {
      kernels::PackedMatrix* target;
      const char* name;
      std::uint32_t rows, cols, interleaved;
      bool with_next = false;
    };
    for (const Row& row : {Row{&layer.q, "attn_q.weight", q_rows, c.hidden, interleaved, true},
                           Row{&layer.k, "attn_k.weight", kv_rows, c.hidden, interleaved, true},
                           Row{&layer.v, "attn_v.weight", kv_rows, c.hidden, 0},
                           Row{&layer.out, "attn_output.weight", c.hidden, q_rows, 0},
                           Row{&layer.gate, "ffn_gate.weight", c.ffn, c.hidden, 0},
                           Row{&layer.up, "ffn_up.weight", c.ffn, c.hidden, 0},
                           Row{&layer.down, "ffn_down.weight", c.hidden, c.ffn, 0}}) {
      ASSIGN_OR_RETURN(TensorView view, Matrix(checkpoint, at + row.name, row.rows, row.cols));
      jobs.push_back({row.target, view, row.interleaved, row.with_next});
    }
  }
  {
    ASSIGN_OR_RETURN(TensorView embedding, Matrix(checkpoint, "token_embd.weight", c.vocab, c.hidden));
    if (c.tied) {
      jobs.push_back({&weights->output, embedding, 0});
    } else {
      weights->embedding = embedding;
      ASSIGN_OR_RETURN(TensorView output, Matrix(checkpoint, "output.weight", c.vocab, c.hidden));
      jobs.push_back({&weights->output, output, 0});
    }
  }

  std::uint64_t bytes = 0;
  for (Job& job : jobs) {
    const auto rows = static_cast<std::uint32_t>(job.view.shape[0]),
               cols = static_cast<std::uint32_t>(job.view.shape[1]);
    kernels::Packing packing = kernels::PackingOf(job.view.type, f32);
    if (kernels::IsQuantised(packing) && cols % kernels::kBlockCols != 0) packing = kernels::Packing::kF16;
    *job.target = kernels::PackedShape(packing, rows, cols);
    bytes += kernels::PackedBytes(*job.target);
  }
  RETURN_IF_ERROR(weights->slab.Allocate(bytes));
  std::uint8_t* at = weights->slab.data();
  std::uint64_t done = 0;
  // The system puts a page on the NUMA node of the thread that first writes it. Panels that are multiplied in one
  // ParallelFor are packed in one, on the same pool: it gives the same share of them to the same node, so that they are
  // packed where they will be read (to within a chunk, a huge page, and what one node takes over from another).
  for (std::size_t begin = 0, end; begin < jobs.size(); begin = end) {
    std::uint32_t panels = 0;
    for (end = begin; end == begin || jobs[end - 1].with_next; ++end) {
      kernels::PackedMatrix& matrix = *jobs[end].target;
      matrix.data = at;
      at += kernels::PackedBytes(matrix);
      panels += matrix.panels;
    }
    pool.ParallelFor(panels, [&](std::uint32_t panel, int) {
      const Job* job = &jobs[begin];
      for (; panel >= job->target->panels; ++job) panel -= job->target->panels;
      const kernels::PackedMatrix& matrix = *job->target;
      const std::size_t row_bytes = quant::RowBytes(job->view.type, matrix.cols);
      const std::size_t panel_file_bytes = kernels::kPanelRows * row_bytes;
      const std::byte* rows[kernels::kPanelRows] = {};
      for (std::uint32_t r = 0; r < kernels::kPanelRows; ++r) {
        std::uint32_t row = panel * kernels::kPanelRows + r;
        if (row >= matrix.rows) break;
        if (const std::uint32_t d = job->interleaved_head_dim) {
          const std::uint32_t in_head = row % d;
          row = row - in_head + (in_head < d / 2 ? 2 * in_head : 2 * (in_head - d / 2) + 1);
        }
        rows[r] = job->view.bytes.data() + row * row_bytes;
      }
      std::uint8_t* slab = weights->slab.data();
      kernels::PackPanel(matrix, job->view.type, rows, slab + (matrix.data - slab) + panel * matrix.panel_bytes);
      if ((panel + 1) % kReleasePanels == 0 || panel + 1 == matrix.panels) {
        // What is packed need not stay in memory twice until the whole matrix is done.
        const std::size_t packed = panel / kReleasePanels * kReleasePanels * panel_file_bytes;
        const auto rest = job->view.bytes.subspan(packed);
        checkpoint.Release({job->view.type, {}, rest.first(std::min(rest.size(), kReleasePanels * panel_file_bytes))});
      }
    });
    for (std::size_t i = begin; i < end; ++i) {
      done += kernels::PackedBytes(*jobs[i].target);
      checkpoint.Release(jobs[i].view);
    }
    if (on_progress) on_progress(static_cast<double>(done) / static_cast<double>(bytes));
  }
  weights->slab.StartSettling();
  return weights;
}

}  // namespace yun::engine
