#include "sql/statement_reader.h"

#include "sql/script_buffer.h"
#include "sql/statement_scanner.h"

namespace dunlin::sql {

class StatementReader::Impl {
 public:
  Impl(Dialect dialect, ScriptReader& reader, std::string shown_as, int first_line)
      : find_(dialect == Dialect::postgres ? find_postgres_statement : find_sqlite_statement),
        buffer_(reader, std::move(shown_as), first_line) {}

  std::optional<StatementView> next() {
    if (!begun_) buffer_.skip_byte_order_mark();
    begun_ = true;
    buffer_.forget_passed();
    Extent extent;
    if (!find_(buffer_, extent)) return std::nullopt;
    const ScriptBuffer::Place place = buffer_.place(extent.start);
    return StatementView{.text = buffer_.view(extent.start, extent.end),
                         .line = place.line,
                         .column = place.column,
                         .offset = buffer_.offset(extent.start),
                         .end = buffer_.offset(buffer_.cursor),
                         .terminated = buffer_.terminated};
  }

  bool ended_inside() const noexcept { return buffer_.ended_inside(); }

 private:
  bool (*find_)(ScriptBuffer&, Extent&);
  ScriptBuffer buffer_;
  bool begun_ = false;
};

StatementReader::StatementReader(Dialect dialect, ScriptReader& reader, std::string shown_as, int first_line) {
  if (dialect == Dialect::mysql) throw Failure(ErrorKind::usage, "MySQL scripts cannot be read by this version");
  impl_ = std::make_unique<Impl>(dialect, reader, std::move(shown_as), first_line);
}

StatementReader::~StatementReader() = default;
StatementReader::StatementReader(StatementReader&&) noexcept = default;

std::optional<StatementView> StatementReader::next_view() {
  return impl_->next();
}

bool StatementReader::ended_inside() const noexcept {
  return impl_->ended_inside();
}

std::optional<Statement> StatementReader::next() {
  const auto view = impl_->next();
  if (!view) return std::nullopt;
  return Statement{.text = std::string(view->text),
                   .line = view->line,
                   .column = view->column,
                   .offset = view->offset,
                   .end = view->end,
                   .terminated = view->terminated};
}

}  // namespace dunlin::sql
