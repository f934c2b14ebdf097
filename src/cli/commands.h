// The commands of `yun`: each Register function adds one to the program; its exit code is written when it has run.
#pragma once

namespace CLI {
class App;
}

namespace yun::cli {

void RegisterInspect(CLI::App& app, int& exit_code);
void RegisterQuantize(CLI::App& app, int& exit_code);
void RegisterServe(CLI::App& app, int& exit_code);
void RegisterChat(CLI::App& app, int& exit_code);
void RegisterRun(CLI::App& app, int& exit_code);
void RegisterPull(CLI::App& app, int& exit_code);
void RegisterList(CLI::App& app, int& exit_code);
void RegisterShow(CLI::App& app, int& exit_code);
void RegisterRm(CLI::App& app, int& exit_code);
void RegisterCache(CLI::App& app, int& exit_code);
void RegisterImport(CLI::App& app, int& exit_code);
void RegisterTokenize(CLI::App& app, int& exit_code);
void RegisterBench(CLI::App& app, int& exit_code);
void RegisterTop(CLI::App& app, int& exit_code);
void RegisterPs(CLI::App& app, int& exit_code);
void RegisterDoctor(CLI::App& app, int& exit_code);
void RegisterAdmin(CLI::App& app, int& exit_code);
void RegisterBackup(CLI::App& app, int& exit_code);
void RegisterRestore(CLI::App& app, int& exit_code);
void RegisterDebug(CLI::App& app, int& exit_code);

}  // namespace yun::cli
