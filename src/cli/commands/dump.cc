#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "base/exit_code.h"
#include "cli/commands/commands.h"
#include "cli/commands/whole_database.h"
#include "cli/render/json.h"

namespace dunlin::cli {
namespace {

class Dump final : public Command {
 public:
  void define(CLI::App& app) override {
    app.add_option("--output,-o", output_, "write to this file instead of standard output")->type_name("FILE");
  }

  int run(Invocation& invocation) override {
    Database database = open_database(invocation, DatabaseUse::read);
    database.session.read_only = true;
    const std::string schema = admin_of(database).dump(database.url, database.session);
    if (!output_.empty()) {
      write(schema);
      invocation.say(fmt::format("Wrote {}.\n", output_));
    }
    if (invocation.json()) {
      Json json;
      json["schema"] = output_.empty() ? Json(schema) : Json(nullptr);
      json["file"] = output_.empty() ? Json(nullptr) : Json(output_);
      invocation.console.out_unmasked(json.dump(2, ' ', false, Json::error_handler_t::replace) + '\n');
    } else if (output_.empty()) {
      invocation.console.out_unmasked(schema);
    }
    return static_cast<int>(ExitCode::done);
  }

 private:
  struct Closer {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  // Beside the file first, so that a failed dump leaves the old one.
  void write(const std::string& schema) const {
    const std::string temporary = output_ + ".new";
    {
      const std::unique_ptr<std::FILE, Closer> file(std::fopen(temporary.c_str(), "we"));
      if (file == nullptr || std::fwrite(schema.data(), 1, schema.size(), file.get()) != schema.size() ||
          std::fflush(file.get()) != 0) {
        throw Failure(ErrorKind::io, fmt::format("cannot write {}: {}", temporary, std::strerror(errno)));
      }
    }
    if (std::rename(temporary.c_str(), output_.c_str()) != 0) {
      throw Failure(ErrorKind::io, fmt::format("cannot write {}: {}", output_, std::strerror(errno)));
    }
  }

  std::string output_;
};

}  // namespace

std::unique_ptr<Command> make_dump() {
  return std::make_unique<Dump>();
}

}  // namespace dunlin::cli
