// Standard output and standard error, with every secret that is known masked, and the questions a person is asked.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "base/secret_set.h"
#include "cli/render/paint.h"

namespace dunlin::cli {

struct Terminals {
  bool input = false;
  bool output = false;
  bool error = false;
};

class Console {
 public:
  Console(std::FILE* output, std::FILE* error, Terminals terminals)
      : output_(output), error_(error), terminals_(terminals) {}

  const Terminals& terminals() const noexcept { return terminals_; }
  // Off until a terminal was found and nothing forbade it.
  void use_colour(bool allowed);
  const Paint& output_paint() const noexcept { return output_paint_; }
  const Paint& error_paint() const noexcept { return error_paint_; }

  // What is masked from now on. The log masks with the same set.
  SecretSet& secrets() noexcept { return secrets_; }
  const SecretSet& secrets() const noexcept { return secrets_; }

  // Results. Masked.
  void out(std::string_view text);
  // What somebody will use as it is: a schema dump, `plan --sql`, an encrypted value. Masking would change what it
  // does.
  void out_unmasked(std::string_view text);
  // False once something written to standard output did not arrive.
  bool arrives() const noexcept { return std::ferror(output_) == 0; }
  // Everything else. Masked.
  void err(std::string_view text);

  // The width of the terminal that standard error is; 80 when it does not say.
  std::size_t columns() const;

  // Reads a line from the terminal; empty at its end. Throws Failure (usage) when input is no terminal.
  std::string ask(std::string_view question);

  // Throws Failure (io) when something written to standard output did not arrive.
  void flush();

 private:
  std::FILE* output_;
  std::FILE* error_;
  Terminals terminals_;
  Paint output_paint_;
  Paint error_paint_;
  SecretSet secrets_;
};

}  // namespace dunlin::cli
