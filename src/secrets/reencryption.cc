#include "secrets/reencryption.h"

#include <algorithm>
#include <array>
#include <exception>
#include <mutex>
#include <ratio>
#include <thread>
#include <utility>

#include <fmt/format.h>

#include "dunlin/error.h"
#include "secrets/batch_change.h"
#include "secrets/page_queue.h"

namespace dunlin::secrets {
namespace {

using std::chrono::milliseconds;

// A statement of SQLite takes a million bytes, and no server needs a longer one to be busy.
constexpr std::size_t kMostSqlBytes = 900'000;
// How often a batch is tried when the connection breaks or something has locked the whole table.
constexpr int kTries = 8;
// How often values are looked at again that nobody lets us change.
constexpr int kFruitlessPasses = 7;
// An application that goes on writing under an old key could keep us at work for ever.
constexpr int kMostPasses = 30;
constexpr milliseconds kFirstPause{100};
constexpr milliseconds kLongestPause{3'000};
// Of a statement that an interrupt came into, when its connection breaks: after longer there is no time left to ask
// again.
constexpr milliseconds kToTell{2'000};

bool worth_another_try(const Error& error) {
  constexpr std::array<std::string_view, 5> kStates{"55P03", "40001", "40P01", "57P01", "57P03"};
  return error.kind == ErrorKind::connect || error.sqlstate.starts_with("SQLITE_BUSY") ||
         std::ranges::find(kStates, error.sqlstate) != kStates.end();
}

// A session that is opened when it is needed, and again when it breaks.
class Connection {
 public:
  Connection(const OpenSession& open, std::mutex& opening, const Interrupt* interrupt, Clock& clock)
      : open_(open), opening_(opening), interrupt_(interrupt), clock_(clock) {}

  Rows query(const std::string& sql) {
    milliseconds pause = kFirstPause;
    bool last = false;
    // A connection broke behind the statement: it may have been carried out.
    bool in_doubt = false;
    for (int attempt = 1;; ++attempt) {
      const Clock::Steady began = clock_.now();
      try {
        if (!session_) {
          const std::scoped_lock lock(opening_);
          session_ = open_();
        }
        return session_->query(sql);
      } catch (const Failure& failure) {
        const ErrorKind kind = failure.error().kind;
        if (kind == ErrorKind::interrupted && in_doubt && !last) {
          last = true;
          continue;
        }
        if (!worth_another_try(failure.error()) || attempt == kTries) throw;
        in_doubt |= kind == ErrorKind::connect && session_ != nullptr;
        if (kind == ErrorKind::connect) session_.reset();
        // The answer of a commit may be what was lost: asked once more, the statement says what became of it.
        const bool may_tell = session_ == nullptr && !last && clock_.now() - began < kToTell;
        if (interrupt_ != nullptr && interrupt_->requested() && may_tell) {
          last = true;
          continue;
        }
        if (last) throw Failure(ErrorKind::interrupted, "interrupted");
      }
      if (clock_.sleep(pause, interrupt_)) {
        // The signal came behind the break.
        if (!in_doubt || last) throw Failure(ErrorKind::interrupted, "interrupted");
        last = true;
      }
      pause = std::min(pause * 2, kLongestPause);
    }
  }

 private:
  const OpenSession& open_;
  std::mutex& opening_;
  const Interrupt* interrupt_;
  Clock& clock_;
  std::unique_ptr<Session> session_;
};

// Lets so many values a second go by.
class Throttle {
 public:
  Throttle(std::size_t rate, Clock& clock, const Interrupt* interrupt)
      : rate_(rate), clock_(clock), interrupt_(interrupt) {}

  void pass(std::size_t values) {
    if (rate_ == 0) return;
    milliseconds pause{0};
    {
      const std::scoped_lock lock(mutex_);
      const Clock::Steady now = clock_.now();
      free_at_ = std::max(free_at_, now);
      pause = std::chrono::duration_cast<milliseconds>(free_at_ - now);
      free_at_ += std::chrono::nanoseconds(values * std::nano::den / rate_);
    }
    if (pause.count() > 0) clock_.sleep(pause, interrupt_);
  }

 private:
  std::size_t rate_;
  Clock& clock_;
  const Interrupt* interrupt_;
  std::mutex mutex_;
  Clock::Steady free_at_{};
};

struct Page {
  std::size_t column = 0;
  std::vector<StoredValue> values;
};

class Run {
 public:
  Run(const OpenSession& open, Dialect dialect, const std::vector<EncryptedColumn>& columns, const Keyring& ring,
      const RotationOptions& options, const Interrupt* interrupt, Clock& clock, const OnProgress& on_progress)
      : open_(open),
        dialect_(dialect),
        columns_(columns),
        ring_(ring),
        options_(options),
        interrupt_(interrupt),
        clock_(clock),
        on_progress_(on_progress),
        reader_(open, opening_, interrupt, clock),
        throttle_(options.max_rate, clock, interrupt) {}

  RotationReport go() {
    const Clock::Steady began = clock_.now();
    for (const EncryptedColumn& column : columns_) report_.columns.push_back({.column = column});
    try {
      for (ColumnReport& column : report_.columns) {
        column.records = std::stoul(reader_.query(count_sql(dialect_, column.column)).at(0).at(0).value_or("0"));
        progress_.of += column.records;
      }
      passes();
    } catch (const Failure& failure) {
      if (failure.error().kind != ErrorKind::interrupted) throw;
      report_.interrupted = true;
    }
    report_.duration = clock_.now() - began;
    return std::move(report_);
  }

 private:
  bool changing() const { return options_.rotation == Rotation::reencrypt || options_.rotation == Rotation::rewrap; }
  bool interrupted() const { return interrupt_ != nullptr && interrupt_->requested(); }

  void passes() {
    milliseconds pause = kFirstPause;
    for (int fruitless = 0; fruitless < kFruitlessPasses && report_.passes < kMostPasses;) {
      tallies_.assign(columns_.size(), {});
      ++report_.passes;
      progress_.pass = report_.passes;
      progress_.done = 0;
      const auto [old, changed, unlike] = pass();
      if (report_.interrupted || !changing()) return;
      if (old == 0 && nothing_escaped(unlike)) {
        report_.proven = true;
        return;
      }
      fruitless = changed == 0 ? fruitless + 1 : 0;
      if (changed > 0) pause = kFirstPause;
      if (changed == old && old > 0) continue;
      // Others hold rows, or write values under an old key: give them time.
      if (clock_.sleep(pause, interrupt_)) throw Failure(ErrorKind::interrupted, "interrupted");
      pause = std::min(pause * 2, kLongestPause);
    }
  }

  struct PassEnd {
    std::size_t old = 0;
    std::size_t changed = 0;
    std::vector<std::size_t> unlike;  // a column each
  };

  // Asks the server itself, in one statement a column: a row may have been written behind the place where we read.
  bool nothing_escaped(const std::vector<std::size_t>& unlike) {
    bool nothing = true;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const std::string sql = not_under_key_sql(dialect_, columns_[i], ring_.primary_id());
      const std::size_t found = std::stoul(reader_.query(sql).at(0).at(0).value_or("0"));
      if (found <= unlike[i]) continue;
      report_.columns[i].left = found - unlike[i];
      nothing = false;
    }
    return nothing;
  }

  // Reads every column once; workers treat what was read.
  PassEnd pass() {
    PageQueue<Page> queue(options_.concurrency + 1);
    std::vector<std::thread> workers;
    for (std::size_t i = 0; i < options_.concurrency; ++i) workers.emplace_back([&] { work(queue); });
    std::exception_ptr failure;
    try {
      for (std::size_t i = 0; i < columns_.size() && !interrupted(); ++i) read(i, queue);
    } catch (const Failure&) {
      failure = std::current_exception();
    }
    queue.close();
    for (std::thread& worker : workers) worker.join();
    if (interrupted()) report_.interrupted = true;
    const PassEnd end = settle();
    if (!failure) failure = std::exchange(worker_failure_, nullptr);
    if (failure) std::rethrow_exception(failure);
    return end;
  }

  void read(std::size_t column, PageQueue<Page>& queue) {
    std::optional<StoredValue> last;
    while (!interrupted()) {
      const Rows rows =
          reader_.query(page_sql(dialect_, columns_[column], last ? &*last : nullptr, options_.batch_size));
      if (rows.empty()) return;
      Page page{.column = column, .values = {}};
      page.values.reserve(rows.size());
      for (const Row& row : rows) page.values.push_back(stored_value(columns_[column], row));
      last.emplace();
      last->key = page.values.back().key;
      if (!queue.push(std::move(page)) || rows.size() < options_.batch_size) return;
    }
  }

  void work(PageQueue<Page>& queue) {
    Connection connection(open_, opening_, interrupt_, clock_);
    try {
      while (std::optional<Page> page = queue.pop()) {
        if (interrupted()) continue;
        const EncryptedColumn& column = columns_[page->column];
        Tally tally;
        try {
          treat(
              column, page->values, ring_, options_.rotation,
              [&](const auto& changes, std::size_t& changed) {
                throttle_.pass(changes.size());
                send(connection, column, changes, changed);
              },
              tally);
        } catch (const Failure& failure) {
          // A batch may be several statements, and what is committed counts.
          told(page->column, std::move(tally));
          throw Failure(of_column(failure.error(), column));
        }
        told(page->column, std::move(tally));
      }
    } catch (const Failure&) {
      const std::scoped_lock lock(mutex_);
      if (!worker_failure_) worker_failure_ = std::current_exception();
      queue.close();
    }
  }

  // Of many columns, the one that the server would not let us change.
  static Error of_column(Error error, const EncryptedColumn& column) {
    if (error.kind != ErrorKind::sql) return error;
    error.message = fmt::format("{}: {}", column.shown(), error.message);
    if (error.hint.empty() && error.sqlstate == "25006")
      error.hint = "this server takes no writes: name the primary in the database URL";
    else if (error.hint.empty() && error.sqlstate != "42501")
      error.hint =
          fmt::format("what is changed stays changed; to go round it: encrypted_columns = [\"-{}\"] in dunlin.toml",
                      column.shown());
    return error;
  }

  void send(Connection& connection, const EncryptedColumn& column, std::span<const ChangedValue> changes,
            std::size_t& changed) const {
    while (!changes.empty()) {
      std::size_t bytes = 0;
      std::size_t count = 0;
      // Bytes are two digits each.
      while (count < changes.size() && (count == 0 || bytes < kMostSqlBytes)) {
        bytes += 2 * (changes[count].old->payload.size() + changes[count].payload.size()) + 100;
        ++count;
      }
      changed += connection.query(change_sql(dialect_, column, changes.first(count))).size();
      changes = changes.subspan(count);
    }
  }

  void told(std::size_t column, Tally&& tally) {
    const std::scoped_lock lock(mutex_);
    progress_.column = &columns_[column];
    progress_.done += tally.records;
    progress_.changed += tally.changed;
    tallies_[column].add(std::move(tally));
    if (on_progress_) on_progress_(progress_);
  }

  // What the pass has found out goes into the report.
  PassEnd settle() {
    PassEnd end;
    report_.undecryptable.clear();
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      ColumnReport& column = report_.columns[i];
      Tally& tally = tallies_[i];
      if (report_.passes == 1) {
        if (!report_.interrupted) column.records = tally.records;
        column.old = tally.old;
      }
      column.read = tally.records;
      column.changed += tally.changed;
      column.undecryptable = tally.undecryptable;
      column.left = report_.interrupted ? 0 : tally.old - tally.changed;
      column.keys = tally.keys;
      for (Undecryptable& value : tally.listed) {
        if (report_.undecryptable.size() < kMostListed) report_.undecryptable.push_back(std::move(value));
      }
      end.old += tally.old;
      end.changed += tally.changed;
      end.unlike.push_back(tally.unlike);
      tally = {};
    }
    return end;
  }

  const OpenSession& open_;
  Dialect dialect_;
  const std::vector<EncryptedColumn>& columns_;
  const Keyring& ring_;
  const RotationOptions& options_;
  const Interrupt* interrupt_;
  Clock& clock_;
  const OnProgress& on_progress_;

  std::mutex opening_;
  Connection reader_;
  Throttle throttle_;
  RotationReport report_;

  // Guards what follows.
  std::mutex mutex_;
  RotationProgress progress_;
  std::vector<Tally> tallies_;
  std::exception_ptr worker_failure_;
};

}  // namespace

std::size_t RotationReport::total(std::size_t ColumnReport::* count) const {
  std::size_t sum = 0;
  for (const ColumnReport& column : columns) sum += column.*count;
  return sum;
}

RotationReport rotate(const OpenSession& open, Dialect dialect, const std::vector<EncryptedColumn>& columns,
                      const Keyring& ring, const RotationOptions& options, const Interrupt* interrupt, Clock& clock,
                      const OnProgress& on_progress) {
  return Run(open, dialect, columns, ring, options, interrupt, clock, on_progress).go();
}

}  // namespace dunlin::secrets
