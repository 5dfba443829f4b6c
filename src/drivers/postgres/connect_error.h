// Why a connection could not be made, in words of our own with the command that helps. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "dunlin/error.h"
#include "dunlin/server_info.h"

namespace dunlin::postgres {

// `text` is libpq's message at verbosity VERBOSE, possibly one line for each host tried.
Error connect_error(std::string_view text, const ServerInfo& target, bool needs_password);
Error connect_timeout_error(const ServerInfo& target, std::chrono::milliseconds waited);

// The SQLSTATE in such a text; empty when the server never answered.
std::string sqlstate_in(std::string_view text);

}  // namespace dunlin::postgres
