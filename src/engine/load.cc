#include "engine/load.h"

#include "engine/kernels/registry.h"

namespace yun::engine {

Result<Loaded> Load(const Checkpoint& checkpoint, Precision precision, int threads,
                    const std::function<void(double)>& on_load) {
  Loaded loaded;
  ASSIGN_OR_RETURN(loaded.config, checkpoint.Config());
  ASSIGN_OR_RETURN(loaded.kernels, kernels::ChooseKernels());
  if (threads < 0 || threads > ThreadPool::kThreadsMax)
    return Fail(Code::kInvalidArgument, "threads must be in [0, {}]", ThreadPool::kThreadsMax);
  loaded.pool = std::make_unique<ThreadPool>(threads ? threads : PhysicalCores());
  ASSIGN_OR_RETURN(loaded.weights,
                   LoadWeights(checkpoint, loaded.config, precision == Precision::kF32, *loaded.pool, on_load));
  return loaded;
}

}  // namespace yun::engine
