#include "shell/line_editor.h"

#include <atomic>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <cwchar>

#include <histedit.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/utf8.h"
#include "dunlin/error.h"

namespace dunlin::shell {
namespace {

constexpr int kRemembered = 2'000;

constexpr char kEndOfInput = 4;  // Ctrl-D

std::atomic<bool> cancelled{false};
// Readable once Ctrl-C was pressed: a signal that comes just before poll() does not interrupt it.
std::atomic<int> wake{-1};

// Of UTF-8, wherever the container's locale comes from: what is typed is sent as UTF-8.
void use_utf8() {
  std::setlocale(LC_CTYPE, "");
  if (std::strcmp(nl_langinfo(CODESET), "UTF-8") != 0) std::setlocale(LC_CTYPE, "C.UTF-8");
}

std::string common_beginning(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    std::size_t length = 0;
    while (length < common.size() && length < word.size() && common[length] == word[length]) ++length;
    common = std::string(truncate_bytes(common, length));
  }
  return common;
}

// As many columns as fit.
void list(const std::vector<std::string>& words) {
  constexpr std::size_t most = 200;
  winsize size{};
  const bool known = ::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
  std::size_t width = 0;
  for (const std::string& word : words) width = std::max(width, display_width(word) + 2);
  const std::size_t columns = std::max<std::size_t>(1, (known ? size.ws_col : 80U) / width);
  std::fputc('\n', stdout);
  for (std::size_t i = 0; i < words.size() && i < most; ++i) {
    const bool ends = (i + 1) % columns == 0 || i + 1 == words.size() || i + 1 == most;
    const std::string padding(ends ? 0 : width - display_width(words[i]), ' ');
    std::fprintf(stdout, "%s%s%s", words[i].c_str(), padding.c_str(), ends ? "\n" : "");
  }
  if (words.size() > most) std::fprintf(stdout, "... and %zu more\n", words.size() - most);
  std::fflush(stdout);
}

}  // namespace

class LineEditor::Impl {
 public:
  Impl(const Interrupt& stop, Complete complete) : stop_(stop), complete_(std::move(complete)) {
    use_utf8();
    if (wake < 0) wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    editor_ = ::el_init("dunlin", stdin, stdout, stderr);
    history_ = ::history_init();
    if (editor_ == nullptr || history_ == nullptr) throw Failure(ErrorKind::io, "the terminal cannot be edited on");
    HistEvent event{};
    ::history(history_, &event, H_SETSIZE, kRemembered);
    ::el_set(editor_, EL_CLIENTDATA, this);
    ::el_set(editor_, EL_PROMPT, &Impl::prompt);
    ::el_set(editor_, EL_EDITOR, "emacs");
    ::el_set(editor_, EL_HIST, &::history, history_);
    ::el_set(editor_, EL_GETCFN, &Impl::get_character);
    ::el_set(editor_, EL_ADDFN, "dunlin-complete", "complete the word", &Impl::complete);
    ::el_set(editor_, EL_BIND, "^I", "dunlin-complete", nullptr);
    ::el_set(editor_, EL_BIND, "^R", "em-inc-search-prev", nullptr);
    // What terminals send for Home, End, Delete and a word to the left or right.
    for (const auto& [key, command] : {std::pair{"\\e[H", "ed-move-to-beg"},
                                       {"\\eOH", "ed-move-to-beg"},
                                       {"\\e[1~", "ed-move-to-beg"},
                                       {"\\e[F", "ed-move-to-end"},
                                       {"\\eOF", "ed-move-to-end"},
                                       {"\\e[4~", "ed-move-to-end"},
                                       {"\\e[3~", "ed-delete-next-char"},
                                       {"\\e[1;5D", "ed-prev-word"},
                                       {"\\e[1;5C", "em-next-word"}}) {
      ::el_set(editor_, EL_BIND, key, command, nullptr);
    }
  }

  ~Impl() {
    if (history_ != nullptr) ::history_end(history_);
    if (editor_ != nullptr) ::el_end(editor_);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Line read(const std::string& prompt) {
    prompt_ = prompt;
    cancelled = false;
    std::uint64_t ignored = 0;
    [[maybe_unused]] const auto drained = ::read(wake, &ignored, sizeof ignored);
    std::fflush(stdout);
    int length = 0;
    const char* text = ::el_gets(editor_, &length);
    if (text != nullptr && length > 0) {
      std::string line(text, static_cast<std::size_t>(length));
      if (line.ends_with('\n')) line.pop_back();
      return {LineEnd::entered, std::move(line)};
    }
    if (cancelled && !stop_.requested()) {
      std::fputs("^C\n", stdout);
      return {LineEnd::cancelled, {}};
    }
    std::fputc('\n', stdout);
    return {LineEnd::closed, {}};
  }

  void remember(const std::string& entry) {
    HistEvent event{};
    const bool same = ::history(history_, &event, H_FIRST) == 0 && event.str != nullptr && entry == event.str;
    if (!same) ::history(history_, &event, H_ENTER, entry.c_str());
  }

 private:
  static Impl& of(EditLine* editor) {
    void* self = nullptr;
    ::el_get(editor, EL_CLIENTDATA, &self);
    return *static_cast<Impl*>(self);
  }
  static char* prompt(EditLine* editor) { return of(editor).prompt_.data(); }

  // -1 leaves the line.
  static int get_character(EditLine* editor, wchar_t* character) { return of(editor).next(*character); }
  int next(wchar_t& character) {
    std::mbstate_t state{};
    for (;;) {
      pollfd waiting[3] = {{STDIN_FILENO, POLLIN, 0}, {stop_.descriptor(), POLLIN, 0}, {wake, POLLIN, 0}};
      const int ready = ::poll(waiting, 3, -1);
      if (cancelled || stop_.requested()) return -1;
      if (ready < 0 && errno != EINTR) return -1;
      if (ready <= 0) continue;
      char byte = 0;
      const ssize_t got = ::read(STDIN_FILENO, &byte, 1);
      if (got < 0 && errno == EINTR) continue;
      if (got <= 0) return got == 0 ? 0 : -1;
      // Typed while the terminal was not ours, Ctrl-D is kept by it as this.
      if (byte == '\0') byte = kEndOfInput;
      const std::size_t made = std::mbrtowc(&character, &byte, 1, &state);
      if (made == static_cast<std::size_t>(-2)) continue;
      if (made == static_cast<std::size_t>(-1)) {
        state = {};
        continue;
      }
      return 1;
    }
  }

  static unsigned char complete(EditLine* editor, int) { return of(editor).complete_word(); }
  unsigned char complete_word() {
    const LineInfo* line = ::el_line(editor_);
    const std::string before(line->buffer, line->cursor);
    const std::string after(line->cursor, line->lastchar);
    const Completions found = complete_(before, after);
    if (found.words.empty()) return CC_REFRESH_BEEP;
    const std::string common = common_beginning(found.words);
    const std::string typed = before.substr(std::min(found.from, before.size()));
    const bool one = found.words.size() == 1;
    if (common.size() >= typed.size() && (one || common != typed)) {
      ::el_deletestr(editor_, static_cast<int>(count_code_points(typed)));
      const std::string inserted = one ? common + ' ' : common;
      ::el_insertstr(editor_, inserted.c_str());
      return CC_REFRESH;
    }
    list(found.words);
    return CC_REDISPLAY;
  }

  const Interrupt& stop_;
  Complete complete_;
  EditLine* editor_ = nullptr;
  History* history_ = nullptr;
  std::string prompt_;
};

LineEditor::LineEditor(const Interrupt& stop, Complete complete)
    : impl_(std::make_unique<Impl>(stop, std::move(complete))) {}
LineEditor::~LineEditor() = default;

Line LineEditor::read(const std::string& prompt) {
  return impl_->read(prompt);
}

void LineEditor::remember(const std::string& entry) {
  impl_->remember(entry);
}

void LineEditor::note_cancel() noexcept {
  cancelled = true;
  const int saved_errno = errno;
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wake, &one, sizeof one);
  errno = saved_errno;
}

bool LineEditor::cancel_noted() noexcept {
  return cancelled;
}

}  // namespace dunlin::shell
