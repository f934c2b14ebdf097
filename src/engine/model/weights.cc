#include "engine/model/weights.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <fstream>

#include "base/log.h"
#include "engine/kernels/pack.h"
#include "engine/kernels/unpack.h"
#include "formats/quant/dequantize.h"

namespace yun::engine {
namespace {

constexpr std::uint64_t kHugePage = 2u << 20;
constexpr int kMadvCollapse = 25;  // MADV_COLLAPSE: Linux 6.1, not yet in Debian 12's headers
constexpr int kSettleNice = 10;  // also of the thread that makes a packed file
constexpr std::uint32_t kReleasePanels = 128;  // panels of the file let go at a time
constexpr std::chrono::milliseconds kSettleAfter{1000}, kStopLatency{10};
constexpr std::uint64_t kPanelAlign = 64;
constexpr int kReaders = 4;  // of a packed file at least: two at once leave a disk's bandwidth unused

/// A matrix to be packed, and where from.
struct Job {
  kernels::PackedMatrix* target;
  std::string name;
  TensorView view;
  std::uint32_t interleaved_head_dim = 0;  // not 0: rows of a head are in pairs (2i, 2i+1); bring them to (i, i + d/2)
  bool with_next = false;                  // multiplied in one ParallelFor with the next
  std::uint64_t offset = 0;                // in the slab, or the data of the packed file
};

struct VectorJob {
  std::vector<float>* target;
  std::string name;
  std::uint32_t size;
};

struct Jobs {
  std::vector<VectorJob> vectors;
  std::vector<Job> matrices;  // in the order of computation
  std::uint64_t bytes = 0;
};

std::uint64_t AvailableBytes() {
  // source: proc_meminfo(5)
  std::ifstream file("/proc/meminfo");
  unsigned long kib = 0;
  for (std::string line; std::getline(file, line);)
    if (std::sscanf(line.c_str(), "MemAvailable: %lu kB", &kib) == 1) break;
  return std::uint64_t{kib} << 10;
}

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
    return Fail(Code::kNoMemory, "no memory for {} bytes of weights; {} bytes are available on this machine", bytes,
                AvailableBytes());
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
  if (tied) {
    const auto row = static_cast<std::uint32_t>(token);
    if (!complete()) file->Need(output.data + row / kernels::kPanelRows * output.panel_bytes, output.panel_bytes);
    return kernels::UnpackRow(output, row, out);
  }
  const std::size_t row_bytes = quant::RowBytes(embedding.type, embedding.shape[1]);
  quant::DequantizeRow(embedding.type, embedding.bytes.data() + static_cast<std::size_t>(token) * row_bytes, out,
                       embedding.shape[1]);
}

Weights::~Weights() {
  file.reset();  // its thread may be writing to the slab
  stop_making = true;
  if (making.joinable()) making.join();
}

void Weights::Need(const LayerWeights& layer) const {
  if (complete()) return;
  const std::uint8_t* end = layer.down.data + kernels::PackedBytes(layer.down);
  file->Need(layer.q.data, static_cast<std::uint64_t>(end - layer.q.data));
}

void Weights::NeedOutput() const {
  if (!complete()) file->Need(output.data, kernels::PackedBytes(output));
}

Status Weights::CheckSound() const {
  if (file && !file->sound())
    return Fail(Code::kUnavailable, "the file of its packed weights was cut or written to while it was in use");
  return source ? source->CheckMapped() : Status();
}

void Weights::WaitMade() {
  if (making.joinable()) making.join();
}

void Weights::WaitSettled() {
  if (file) file->WaitRead();
  WaitMade();
  slab.WaitSettled();
}

void Weights::Move() {
  if (!copied.load(std::memory_order_acquire)) return;
  for (const auto& [matrix, offset] : offsets) matrix->data = slab.data() + offset;
  file.reset();
  copied = false;
}

namespace {

/// What is to be loaded: shapes are checked, nothing is read yet.
Result<Jobs> ListJobs(const Checkpoint& checkpoint, const ModelConfig& c, bool f32, Weights& weights) {
  weights.layers.resize(c.layers);
  weights.tied = c.tied;
  Jobs jobs;
  const std::uint32_t q_rows = c.heads * c.head_dim, kv_rows = c.kv_heads * c.head_dim;
  const std::uint32_t interleaved = c.rope_interleaved ? c.head_dim : 0;

  jobs.vectors.push_back({&weights.output_norm, "output_norm.weight", c.hidden});
  for (std::uint32_t i = 0; i < c.layers; ++i) {
    LayerWeights& layer = weights.layers[i];
    const std::string at = "blk." + std::to_string(i) + ".";
    jobs.vectors.push_back({&layer.attn_norm, at + "attn_norm.weight", c.hidden});
    jobs.vectors.push_back({&layer.ffn_norm, at + "ffn_norm.weight", c.hidden});
    if (c.qk_norm) {
      jobs.vectors.push_back({&layer.q_norm, at + "attn_q_norm.weight", c.head_dim});
      jobs.vectors.push_back({&layer.k_norm, at + "attn_k_norm.weight", c.head_dim});
    }
    if (c.qkv_bias) {
      jobs.vectors.push_back({&layer.q_bias, at + "attn_q.bias", q_rows});
      jobs.vectors.push_back({&layer.k_bias, at + "attn_k.bias", kv_rows});
      jobs.vectors.push_back({&layer.v_bias, at + "attn_v.bias", kv_rows});
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
      jobs.matrices.push_back({row.target, at + row.name, view, row.interleaved, row.with_next});
    }
  }
  ASSIGN_OR_RETURN(TensorView embedding, Matrix(checkpoint, "token_embd.weight", c.vocab, c.hidden));
  if (c.tied) {
    jobs.matrices.push_back({&weights.output, "token_embd.weight", embedding});
  } else {
    weights.embedding = embedding;
    weights.source = &checkpoint;
    ASSIGN_OR_RETURN(TensorView output, Matrix(checkpoint, "output.weight", c.vocab, c.hidden));
    jobs.matrices.push_back({&weights.output, "output.weight", output});
  }

  for (Job& job : jobs.matrices) {
    const auto rows = static_cast<std::uint32_t>(job.view.shape[0]),
               cols = static_cast<std::uint32_t>(job.view.shape[1]);
    kernels::Packing packing = kernels::PackingOf(job.view.type, f32);
    if (kernels::IsQuantised(packing) && cols % kernels::kBlockCols != 0) packing = kernels::Packing::kF16;
    *job.target = kernels::PackedShape(packing, rows, cols);
    job.offset = jobs.bytes;
    jobs.bytes += (kernels::PackedBytes(*job.target) + kPackedAlign - 1) / kPackedAlign * kPackedAlign;
  }
  return jobs;
}

/// As the packed file of these would have it; vectors by their sizes.
PackedHeader HeaderOf(const Checkpoint& checkpoint, const Jobs& jobs, bool f32, const std::string& model) {
  PackedHeader header;
  header.model = model;
  header.f32 = f32;
  for (const TensorFile& file : checkpoint.TensorFiles())
    header.sources.push_back({file.path.string(), file.bytes, file.modified_ns, file.changed_ns});
  for (const Job& job : jobs.matrices)
    header.matrices.push_back({job.name, job.target->packing, job.target->rows, job.target->cols,
                               job.interleaved_head_dim, job.offset, kernels::PackedBytes(*job.target)});
  for (const VectorJob& job : jobs.vectors) header.vectors.push_back({job.name, std::vector<float>(job.size)});
  header.data_bytes = jobs.bytes;
  return header;
}

/// Packs a panel of a job. shapes: out [panel_bytes], 64-byte aligned
void PackJob(const Job& job, std::uint32_t panel, std::uint8_t* out) {
  const kernels::PackedMatrix& matrix = *job.target;
  const std::size_t row_bytes = quant::RowBytes(job.view.type, matrix.cols);
  const std::byte* rows[kernels::kPanelRows] = {};
  for (std::uint32_t r = 0; r < kernels::kPanelRows; ++r) {
    std::uint32_t row = panel * kernels::kPanelRows + r;
    if (row >= matrix.rows) break;
    if (const std::uint32_t d = job.interleaved_head_dim) {
      const std::uint32_t in_head = row % d;
      row = row - in_head + (in_head < d / 2 ? 2 * in_head : 2 * (in_head - d / 2) + 1);
    }
    rows[r] = job.view.bytes.data() + row * row_bytes;
  }
  kernels::PackPanel(matrix, job.view.type, rows, out);
}

/// As PackedFile::Mend.
void PackRange(const std::vector<Job>& jobs, std::uint64_t offset, std::span<std::uint8_t> out) {
  const std::uint64_t end = offset + out.size();
  std::ranges::fill(out, std::uint8_t{0});
  for (const Job& job : jobs) {
    const kernels::PackedMatrix& matrix = *job.target;
    const std::uint64_t job_end = job.offset + kernels::PackedBytes(matrix);
    if (job.offset >= end || job_end <= offset) continue;
    std::vector<std::uint8_t> room(matrix.panel_bytes + kPanelAlign);
    auto* panel_data = reinterpret_cast<std::uint8_t*>(
        (reinterpret_cast<std::uintptr_t>(room.data()) + kPanelAlign - 1) / kPanelAlign * kPanelAlign);
    const std::uint64_t from = std::max(offset, job.offset), to = std::min(end, job_end);
    for (std::uint64_t panel = (from - job.offset) / matrix.panel_bytes;; ++panel) {
      const std::uint64_t at = job.offset + panel * matrix.panel_bytes;
      if (at >= to) break;
      PackJob(job, static_cast<std::uint32_t>(panel), panel_data);
      const std::uint64_t first = std::max(at, from), last = std::min(at + matrix.panel_bytes, to);
      std::memcpy(out.data() + (first - offset), panel_data + (first - at), last - first);
    }
  }
}

/// Makes the packed file, in a thread that is in nobody's way. Without it all goes on as well.
void Make(const PackedPlace& place, const PackedHeader& header, const std::uint8_t* data,
          const std::atomic<bool>& stop, const std::function<bool()>& sound = {}) {
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kSettleNice));
  const Status made = WritePacked(place, header, data, stop, sound);
  if (made || made.error().code == Code::kCancelled || made.error().code == Code::kUnavailable) return;
  log::warn("the packed weights are not kept, the next start takes longer: {}", made.error().message);
}

/// Copies what has been read into the slab, later, beside the work of others.
void Copy(Weights& weights, const std::atomic<bool>& stop) {
  for (auto waited = kSettleAfter * 0; waited < kSettleAfter; waited += kStopLatency) {
    if (stop) return;
    std::this_thread::sleep_for(kStopLatency);
  }
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kSettleNice));
  if (!weights.slab.Allocate(weights.bytes)) return;  // it stays in small pages
  for (std::uint64_t at = 0; at < weights.bytes && !stop; at += kHugePage)
    std::memcpy(weights.slab.data() + at, weights.file->data() + at, std::min(kHugePage, weights.bytes - at));
  if (stop || !weights.file->sound()) return;
  weights.slab.StartSettling();
  weights.copied.store(true, std::memory_order_release);
}

/// Maps the packed file if there is one. Returns whether; whatever is wrong with it, there is another way.
/// `copies`: what the system maps in small pages is copied into the slab afterwards.
bool Map(const PackedPlace& place, PackedHeader& header, const Jobs& jobs, bool copies, Weights& weights,
         ThreadPool& pool) {
  const std::filesystem::path path = PackedPath(place.folder, header);
  const auto mend = [jobs = jobs.matrices](std::uint64_t offset, std::span<std::uint8_t> out) {
    PackRange(jobs, offset, out);
  };
  auto file = PackedFile::Open(path, header, mend, place.make);
  if (!file) {
    if (file.error().code == Code::kCorrupt)
      log::warn("{}; the model is packed again", file.error().message);
    return false;
  }
  for (std::size_t i = 0; i < jobs.vectors.size(); ++i) *jobs.vectors[i].target = header.vectors[i].values;
  for (const Job& job : jobs.matrices) job.target->data = (*file)->data() + job.offset;
  for (const Job& job : jobs.matrices) weights.offsets.emplace_back(job.target, job.offset);
  weights.file = std::move(*file);
  const auto after = [&weights, file = weights.file.get(), place, path, header,
                      copies](const std::atomic<bool>& stop) {
    if (file->mended() > 0 && place.make) {
      std::error_code ec;
      std::filesystem::remove(path, ec);
      Make(place, header, file->data(), stop, [file] { return file->sound(); });
    }
    if (copies && !file->LiesInHugePages()) Copy(weights, stop);
  };
  weights.file->StartReading(std::max(pool.threads(), kReaders), after);
  return true;
}

/// Fills the slab: from the checkpoint, or from the packed file where the weights are to lie near those who read them.
void Pack(const Checkpoint& checkpoint, const Jobs& jobs, Weights& weights, ThreadPool& pool,
          const std::function<void(double)>& on_progress) {
  std::uint8_t* slab = weights.slab.data();
  const auto& matrices = jobs.matrices;
  // The system puts a page on the NUMA node of the thread that first writes it. Panels that are multiplied in one
  // ParallelFor are packed in one, on the same pool: it gives the same share of them to the same node, so that they are
  // packed where they will be read (to within a chunk, a huge page, and what one node takes over from another).
  for (std::size_t begin = 0, end; begin < matrices.size(); begin = end) {
    std::uint32_t panels = 0;
    for (end = begin; end == begin || matrices[end - 1].with_next; ++end) panels += matrices[end].target->panels;
    pool.ParallelFor(panels, [&](std::uint32_t panel, int) {
      const Job* job = &matrices[begin];
      for (; panel >= job->target->panels; ++job) panel -= job->target->panels;
      const kernels::PackedMatrix& matrix = *job->target;
      std::uint8_t* out = slab + job->offset + panel * matrix.panel_bytes;
      if (weights.file) {
        std::memcpy(out, weights.file->data() + job->offset + panel * matrix.panel_bytes, matrix.panel_bytes);
        return;
      }
      PackJob(*job, panel, out);
      if ((panel + 1) % kReleasePanels == 0 || panel + 1 == matrix.panels) {
        // What is packed need not stay in memory twice until the whole matrix is done.
        const std::size_t panel_file_bytes = kernels::kPanelRows * quant::RowBytes(job->view.type, matrix.cols);
        const std::size_t packed = panel / kReleasePanels * kReleasePanels * panel_file_bytes;
        const auto rest = job->view.bytes.subspan(packed);
        checkpoint.Release({job->view.type, {}, rest.first(std::min(rest.size(), kReleasePanels * panel_file_bytes))});
      }
    });
    for (std::size_t i = begin; i < end; ++i) {
      matrices[i].target->data = slab + matrices[i].offset;
      checkpoint.Release(matrices[i].view);
    }
    const std::uint64_t done = end < matrices.size() ? matrices[end].offset : jobs.bytes;
    if (on_progress) on_progress(static_cast<double>(done) / static_cast<double>(jobs.bytes));
  }
}

}  // namespace

Result<std::unique_ptr<Weights>> ShapesOfWeights(const Checkpoint& checkpoint, const ModelConfig& config, bool f32) {
  auto weights = std::make_unique<Weights>();
  ASSIGN_OR_RETURN(const Jobs jobs, ListJobs(checkpoint, config, f32, *weights));
  weights->bytes = jobs.bytes;
  return weights;
}

Result<std::unique_ptr<Weights>> LoadWeights(const Checkpoint& checkpoint, const ModelConfig& config, bool f32,
                                             const PackedPlace& place, ThreadPool& pool,
                                             const std::function<void(double)>& on_progress) {
  auto weights = std::make_unique<Weights>();
  ASSIGN_OR_RETURN(const Jobs jobs, ListJobs(checkpoint, config, f32, *weights));
  weights->bytes = jobs.bytes;
  PackedHeader header = HeaderOf(checkpoint, jobs, f32, place.model);
  const bool keeps = place.used() && !header.sources.empty();
  const bool one_node = pool.NodeOf(pool.threads() - 1) == 0;
  if (keeps && Map(place, header, jobs, one_node, *weights, pool)) {
    if (one_node) {
      if (on_progress) on_progress(1);
      return weights;
    }
    weights->file->Need(weights->file->data(), weights->file->bytes(), pool);
  } else {
    for (const VectorJob& job : jobs.vectors) {
      ASSIGN_OR_RETURN(*job.target, Vector(checkpoint, job.name, job.size));
    }
  }
  RETURN_IF_ERROR(weights->slab.Allocate(jobs.bytes));
  Pack(checkpoint, jobs, *weights, pool, on_progress);
  RETURN_IF_ERROR(weights->file ? weights->CheckSound() : checkpoint.CheckMapped());
  weights->slab.StartSettling();
  if (weights->file) {
    weights->file->WaitRead();
    weights->file.reset();
  } else if (keeps && place.make) {
    for (std::size_t i = 0; i < jobs.vectors.size(); ++i) header.vectors[i].values = *jobs.vectors[i].target;
    weights->making = std::thread([place, header, data = weights->slab.data(), &stop = weights->stop_making] {
      Make(place, header, data, stop);
    });
  }
  return weights;
}

}  // namespace yun::engine
