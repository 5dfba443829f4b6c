// One line after the other from a terminal, edited by the person who types it. The only includer of libedit.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dunlin/interrupt.h"
#include "shell/completion.h"

namespace dunlin::shell {

enum class LineEnd {
  entered,
  cancelled,  // Ctrl-C
  closed,     // Ctrl-D on an empty line, a terminal that went away, or a stop request
};

struct Line {
  LineEnd end = LineEnd::closed;
  std::string text;  // without its newline
};

class LineEditor {
 public:
  // What the text before and behind the cursor may be completed to.
  using Complete = std::function<Completions(std::string_view before, std::string_view after)>;

  // `stop` ends the reading. Throws Failure (io) when the terminal cannot be edited on.
  LineEditor(const Interrupt& stop, Complete);
  ~LineEditor();
  LineEditor(const LineEditor&) = delete;
  LineEditor& operator=(const LineEditor&) = delete;

  Line read(const std::string& prompt);
  // To be recalled with the arrow keys; may hold newlines.
  void remember(const std::string& entry);
  // Ctrl-C was pressed: to be called by the handler of its signal, which may interrupt a read.
  static void note_cancel() noexcept;
  // Since the last read began.
  static bool cancel_noted() noexcept;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace dunlin::shell
