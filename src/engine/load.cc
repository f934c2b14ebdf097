#include "engine/load.h"

#include "engine/kernels/registry.h"

namespace yun::engine {

Result<Loaded> Prepare(const Checkpoint& checkpoint) {
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.config, checkpoint.Config());
  const ModelConfig& c = loaded.config;
  if (c.head_dim > kernels::kHeadDimMax)
    return Fail(Code::kUnsupported, "heads of {} elements; at most {} are supported", c.head_dim, kernels::kHeadDimMax);
  if (c.rope_interleaved && c.rope_dim != c.head_dim)
    return Fail(Code::kUnsupported, "interleaved rotation of {} of a head's {} elements is not supported", c.rope_dim,
                c.head_dim);
  ASSIGN_OR_RETURN(loaded.kernels, kernels::ChooseKernels());
  return loaded;
}

Result<Loaded> Load(const Checkpoint& checkpoint, Precision precision, int threads, const PackedPlace& place,
                    const std::function<void(double)>& on_load) {
  ASSIGN_OR_RETURN(Loaded loaded, Prepare(checkpoint));
  if (threads < 0 || threads > ThreadPool::kThreadsMax)
    return Fail(Code::kInvalidArgument, "threads must be in [0, {}]", ThreadPool::kThreadsMax);
  loaded.pool = std::make_unique<ThreadPool>(threads ? threads : PhysicalCores());
  ASSIGN_OR_RETURN(loaded.weights,
                   LoadWeights(checkpoint, loaded.config, precision == Precision::kF32, place, *loaded.pool, on_load));
  return loaded;
}

}  // namespace yun::engine
