#include "dunlin/script.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <limits>
#include <mutex>
#include <optional>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "dunlin/error.h"

namespace dunlin {

class Script::Source {
 public:
  virtual ~Source() = default;
  virtual std::unique_ptr<ScriptReader> open(std::shared_ptr<const Source> self) const = 0;
};

namespace {

constexpr std::size_t kChunk = 64 * 1024;

// Small files are kept after their first reading: a directory of a thousand of them is checked, digested and run from
// one reading. The total is bounded, because catalogs are not.
constexpr std::uint64_t kKeptFile = 64 * 1024;
constexpr std::uint64_t kKeptTotal = 4 * 1024 * 1024;
std::atomic<std::uint64_t> kept_total{0};

class KeptBytes {
 public:
  KeptBytes() = default;
  KeptBytes(const KeptBytes&) = delete;
  KeptBytes& operator=(const KeptBytes&) = delete;
  ~KeptBytes() { kept_total -= reserved_; }

  bool reserve(std::uint64_t size) {
    if (size > kKeptFile) return false;
    if (kept_total.fetch_add(size) + size > kKeptTotal) {
      kept_total -= size;
      return false;
    }
    reserved_ = size;
    return true;
  }

 private:
  std::uint64_t reserved_ = 0;
};

class MemoryReader final : public ScriptReader {
 public:
  MemoryReader(std::shared_ptr<const void> owner, std::string_view bytes) : owner_(std::move(owner)), bytes_(bytes) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t count = std::min(buffer.size(), bytes_.size());
    std::copy_n(bytes_.data(), count, buffer.data());
    bytes_.remove_prefix(count);
    return count;
  }

 private:
  std::shared_ptr<const void> owner_;
  std::string_view bytes_;
};

[[noreturn]] void fail(const std::string& shown_as, std::string_view what, std::string hint = {}) {
  Error error{
      .kind = ErrorKind::io, .message = fmt::format("cannot read {}: {}", shown_as, what), .hint = std::move(hint)};
  error.where.file = shown_as;
  throw Failure(std::move(error));
}

[[noreturn]] void fail_errno(const std::string& shown_as, int number) {
  fail(shown_as, std::strerror(number),
       number == EACCES ? fmt::format("give the user that runs dunlin the right to read it: chmod a+r {}", shown_as)
                        : std::string{});
}

class FileReader final : public ScriptReader {
 public:
  FileReader(Descriptor file, std::string shown_as, std::uint64_t begin, std::uint64_t end)
      : file_(std::move(file)), shown_as_(std::move(shown_as)), at_(begin), end_(end) {}

  std::size_t read(std::span<char> buffer) override {
    const std::size_t wanted = static_cast<std::size_t>(std::min<std::uint64_t>(buffer.size(), end_ - at_));
    if (wanted == 0) return 0;
    ssize_t got = 0;
    do {
      got = ::pread(file_.number(), buffer.data(), wanted, static_cast<off_t>(at_));
    } while (got < 0 && errno == EINTR);
    if (got < 0) fail_errno(shown_as_, errno);
    at_ += static_cast<std::uint64_t>(got);
    return static_cast<std::size_t>(got);
  }

 private:
  Descriptor file_;
  std::string shown_as_;
  std::uint64_t at_;
  std::uint64_t end_;
};

std::string read_all(ScriptReader& reader, std::size_t expected) {
  std::string text;
  text.reserve(expected);
  std::array<char, kChunk> buffer;
  while (const std::size_t count = reader.read(buffer)) text.append(buffer.data(), count);
  return text;
}

class MemorySource final : public Script::Source {
 public:
  explicit MemorySource(std::string text) : text_(std::move(text)), view_(text_) {}
  explicit MemorySource(std::string_view text) : view_(text) {}
  std::unique_ptr<ScriptReader> open(std::shared_ptr<const Source> self) const override {
    return std::make_unique<MemoryReader>(std::move(self), view_);
  }

 private:
  std::string text_;
  std::string_view view_;
};

class FileSource final : public Script::Source {
 public:
  FileSource(std::string path, std::string shown_as, std::uint64_t begin, std::uint64_t end)
      : path_(std::move(path)), shown_as_(std::move(shown_as)), begin_(begin), end_(end) {}

  std::unique_ptr<ScriptReader> open(std::shared_ptr<const Source> self) const override {
    const std::lock_guard guard(mutex_);
    if (text_) return std::make_unique<MemoryReader>(std::move(self), *text_);

    // O_NONBLOCK: opening a pipe must not wait for a writer.
    Descriptor file(::open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
    if (file.number() < 0) fail_errno(shown_as_, errno);
    struct stat status{};
    if (::fstat(file.number(), &status) != 0) fail_errno(shown_as_, errno);
    if (!S_ISREG(status.st_mode)) fail(shown_as_, "it is not a regular file");
    check_unchanged(status);

    const auto size = static_cast<std::uint64_t>(status.st_size);
    const std::uint64_t end = std::min(end_, size);
    const std::uint64_t length = end > begin_ ? end - begin_ : 0;
    auto reader = std::make_unique<FileReader>(std::move(file), shown_as_, begin_, std::max(begin_, end));
    if (!kept_.reserve(length)) return reader;
    text_ = read_all(*reader, static_cast<std::size_t>(length));
    return std::make_unique<MemoryReader>(std::move(self), *text_);
  }

 private:
  struct Identity {
    dev_t device;
    ino_t inode;
    off_t size;
    timespec modified;
  };

  // What was digested has to be what is run: a file that is edited or replaced in between is an error, not a surprise.
  void check_unchanged(const struct stat& status) const {
    const Identity now{status.st_dev, status.st_ino, status.st_size, status.st_mtim};
    if (!seen_) {
      seen_ = now;
      return;
    }
    const bool same = seen_->device == now.device && seen_->inode == now.inode && seen_->size == now.size &&
                      seen_->modified.tv_sec == now.modified.tv_sec && seen_->modified.tv_nsec == now.modified.tv_nsec;
    if (!same) fail(shown_as_, "it has changed since dunlin first read it", "run the command again");
  }

  std::string path_;
  std::string shown_as_;
  std::uint64_t begin_;
  std::uint64_t end_;
  mutable std::mutex mutex_;
  mutable std::optional<Identity> seen_;
  mutable KeptBytes kept_;
  mutable std::optional<std::string> text_;
};

}  // namespace

Script Script::from_file(std::string path, std::string shown_as) {
  return from_file_section(std::move(path), std::move(shown_as), 0, std::numeric_limits<std::uint64_t>::max(), 1);
}

Script Script::from_file_section(std::string path, std::string shown_as, std::uint64_t begin, std::uint64_t end,
                                 int first_line) {
  Script script;
  script.source_ = std::make_shared<FileSource>(std::move(path), shown_as, begin, end);
  script.shown_as_ = std::move(shown_as);
  script.first_line_ = first_line;
  return script;
}

Script Script::from_text(std::string text, std::string shown_as) {
  Script script;
  script.source_ = std::make_shared<MemorySource>(std::move(text));
  script.shown_as_ = std::move(shown_as);
  return script;
}

Script Script::from_static(std::string_view text, std::string shown_as) {
  Script script;
  script.source_ = std::make_shared<MemorySource>(text);
  script.shown_as_ = std::move(shown_as);
  return script;
}

std::unique_ptr<ScriptReader> Script::open() const {
  if (source_ == nullptr) throw Failure(ErrorKind::internal, "a script without a source was opened");
  return source_->open(source_);
}

std::string Script::text() const {
  return read_all(*open(), 0);
}

}  // namespace dunlin
