#include "cli/render/count_bar.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration.h"
#include "base/printable.h"
#include "base/utf8.h"

namespace dunlin::cli {
namespace {

constexpr std::size_t kCells = 24;
constexpr std::chrono::milliseconds kRedraw{80};

}  // namespace

CountBar::CountBar(Screen screen, const Clock& clock)
    : screen_(std::move(screen)), clock_(clock), began_(clock.now()) {}

CountBar::~CountBar() {
  if (drawn_) screen_.write("\r\x1b[K");
}

void CountBar::show(std::size_t done, std::size_t of, std::string_view what) {
  const auto now = clock_.now();
  if (done < last_done_) began_ = now;
  last_done_ = done;
  if (now - drawn_at_ < kRedraw) return;
  drawn_at_ = now;
  drawn_ = true;
  const double share = of == 0 ? 0 : std::min(1.0, static_cast<double>(done) / static_cast<double>(of));
  const auto full = static_cast<std::size_t>(share * kCells);
  std::string line = fmt::format("  [{}{}] {} of {}", std::string(full, '#'), std::string(kCells - full, '.'),
                                 with_commas(done), with_commas(of));
  const double seconds = std::chrono::duration<double>(now - began_).count();
  if (seconds > 0.5) {
    const double rate = static_cast<double>(done) / seconds;
    line += fmt::format(" · {}/s", with_commas(static_cast<std::size_t>(rate)));
    if (rate > 0 && done < of) {
      const std::chrono::duration<double> left(static_cast<double>(of - done) / rate);
      line += fmt::format(" · about {} left", format_clock(std::chrono::round<std::chrono::seconds>(left)));
    }
  }
  if (!what.empty()) line += fmt::format(" · {}", printable(what));
  screen_.write(fmt::format("\r\x1b[K{}", shorten(line, std::max<std::size_t>(screen_.columns(), 20) - 1)));
}

std::string with_commas(std::size_t number) {
  std::string digits = std::to_string(number);
  for (std::size_t at = digits.size(); at > 3;) {
    at -= 3;
    digits.insert(at, ",");
  }
  return digits;
}

}  // namespace dunlin::cli
