// As much of a terminal as the progress bar uses: lines, the cursor going up, erasing what is below it.
#pragma once

#include <charconv>
#include <string>
#include <string_view>
#include <vector>

namespace dunlin::cli {

class TerminalScreen {
 public:
  void write(std::string_view text) {
    while (!text.empty()) {
      if (text.starts_with("\x1b[")) {
        text.remove_prefix(escape(text));
      } else if (text.front() == '\n') {
        ++row_;
        if (row_ >= lines_.size()) lines_.resize(row_ + 1);
        text.remove_prefix(1);
      } else {
        lines_.at(row_) += text.front();
        text.remove_prefix(1);
      }
    }
  }

  // Everything that stands on it, scrolled away or not.
  std::string text() const {
    std::string all;
    for (std::size_t i = 0; i + 1 < lines_.size(); ++i) all += lines_[i] + '\n';
    return all + lines_.back();
  }

 private:
  std::size_t escape(std::string_view text) {
    std::size_t number = 0;
    const auto end = std::from_chars(text.data() + 2, text.data() + text.size(), number).ptr;
    if (*end == 'A') row_ -= number;
    if (*end == 'J') {
      lines_.resize(row_ + 1);
      lines_.back().clear();
    }
    return static_cast<std::size_t>(end - text.data()) + 1;
  }

  std::vector<std::string> lines_{std::string()};
  std::size_t row_ = 0;
};

}  // namespace dunlin::cli
