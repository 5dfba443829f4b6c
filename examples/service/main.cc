// A service that brings its own database up to date before it serves.
//
//   notes-service [--no-migrations | --wait-migrated SECONDS] [PORT]        the database: DATABASE_URL
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "health.h"
#include "http_server.h"
#include "schema.h"

namespace {

struct Settings {
  std::string url = "sqlite:notes.db?mode=rwc";
  bool migrations = true;
  // As a user who may not migrate: how long to wait until somebody has.
  std::chrono::seconds wait{0};
  std::uint16_t port = 8080;
};

bool is_number(std::string_view word, std::size_t digits) {
  return !word.empty() && word.size() <= digits && word.find_first_not_of("0123456789") == std::string_view::npos;
}

// Nothing where the command line makes no sense.
std::optional<Settings> read_settings(int count, char** words) {
  Settings settings;
  if (const char* url = std::getenv("DATABASE_URL")) settings.url = url;
  for (int i = 1; i < count; ++i) {
    const std::string word = words[i];
    if (word == "--no-migrations") {
      settings.migrations = false;
    } else if (word == "--wait-migrated" && i + 1 < count && is_number(words[i + 1], 6)) {
      settings.wait = std::chrono::seconds(std::stol(words[++i]));
    } else if (is_number(word, 5)) {
      settings.port = static_cast<std::uint16_t>(std::stoul(word));
    } else {
      return std::nullopt;
    }
  }
  return settings;
}

// What the signal handler reaches.
dunlin::Interrupt& interrupt() {
  static dunlin::Interrupt interrupt;
  return interrupt;
}

notes::Response answer(std::string_view target, notes::HealthCheck& health) {
  if (target == "/health") {
    const notes::Answer& answer = health.answer();
    return {answer.well ? 200U : 503U, "application/json", answer.json + "\n"};
  }
  if (target == "/") return {200, "text/plain", "notes: see /health\n"};
  return {404, "text/plain", "there is nothing here\n"};
}

}  // namespace

int main(int count, char** words) try {
  const auto settings = read_settings(count, words);
  if (!settings) {
    std::cerr << "usage: notes-service [--no-migrations | --wait-migrated SECONDS] [PORT]\n";
    return 2;
  }
  const dunlin::Interrupt& interrupted = interrupt();
  for (const int signal : {SIGINT, SIGTERM}) std::signal(signal, [](int number) { interrupt().request(number); });
  dunlin::Migrator schema = notes::open_schema(settings->url, interrupted);
  if (settings->migrations && !notes::migrate(schema, settings->wait)) {
    std::cerr << "not serving; to look at the database with the service up: notes-service --no-migrations\n";
    return 1;
  }

  boost::asio::io_context io;
  boost::asio::signal_set stop(io, SIGINT, SIGTERM);
  stop.async_wait([&io](const auto&, int) { io.stop(); });
  if (interrupted.requested()) return 0;  // it came between the last migration and here
  notes::HealthCheck health(schema);
  notes::serve(
      io, settings->port, [&health](std::string_view target) { return answer(target, health); },
      [](std::uint16_t port) { std::cerr << "listening on http://127.0.0.1:" << port << '\n'; });
  io.run();
} catch (const std::exception& error) {
  std::cerr << "error: " << error.what() << '\n';
  return 1;
}
