// The factories of the commands, one for each row of the registry.
#pragma once

#include <memory>

#include "cli/command.h"

namespace dunlin::cli {

std::unique_ptr<Command> make_init();
std::unique_ptr<Command> make_new();
std::unique_ptr<Command> make_migrate();
std::unique_ptr<Command> make_down();
std::unique_ptr<Command> make_redo();
std::unique_ptr<Command> make_info();
std::unique_ptr<Command> make_migrate_info();
std::unique_ptr<Command> make_plan();
std::unique_ptr<Command> make_validate();
std::unique_ptr<Command> make_baseline();
std::unique_ptr<Command> make_resolve();
std::unique_ptr<Command> make_create();
std::unique_ptr<Command> make_drop();
std::unique_ptr<Command> make_reset();
std::unique_ptr<Command> make_lock();
std::unique_ptr<Command> make_wait();
std::unique_ptr<Command> make_dump();
std::unique_ptr<Command> make_doctor();
std::unique_ptr<Command> make_keygen();
std::unique_ptr<Command> make_encrypt();
std::unique_ptr<Command> make_decrypt();
std::unique_ptr<Command> make_reencrypt();
std::unique_ptr<Command> make_shell();
std::unique_ptr<Command> make_serve();
std::unique_ptr<Command> make_healthcheck();
std::unique_ptr<Command> make_config();
std::unique_ptr<Command> make_completion();
std::unique_ptr<Command> make_help();

}  // namespace dunlin::cli
