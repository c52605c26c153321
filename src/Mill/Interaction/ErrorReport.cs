using Mill.Secrets;

namespace Mill.Interaction;

/// <summary>Says what went wrong: <c>error:</c>, then <c>hint:</c>, or the same as one JSON document, on the error stream.</summary>
internal static class ErrorReport
{
    public static void Write(Terminal terminal, MillException failure, bool json)
    {
        if (json)
        {
            terminal.Say(CliJson.Text(ErrorDocument.From(failure)));
            return;
        }
        terminal.Say($"error: {Printable.From(failure.Message)}");
        foreach (var problem in failure.Problems)
        {
            // What was said is not said again: where it is, is.
            if (Line(problem, problem.Detail == failure.Message) is { } line) terminal.Say(Printable.From(line));
            if (failure is Commands.SourceException source) foreach (var quoted in source.Lines(problem)) terminal.Say(quoted);
        }
        if (failure.Hint is { } hint) terminal.Say($"hint: {Printable.From(hint)}");
        if (failure.Error is MillError.Internal && failure.RequestId is { } request) terminal.Say($"request: {Printable.From(request)}");
    }

    private static string? Line(MillProblem problem, bool isSaid) => (Place(problem), isSaid) switch
    {
        ({ } place, false) => $"  - {place}: {problem.Detail}",
        ({ } place, true) => $"  - {place}",
        (null, true) => null,
        _ => problem.Pointer is { } pointer ? $"  - {problem.Detail} ({pointer})" : $"  - {problem.Detail}",
    };

    private static string? Place(MillProblem problem) => problem switch
    {
        { File: { } file, Line: { } line, Column: { } column } => $"{file}:{line}:{column}",
        { Line: { } line, Column: { } column } => $"line {line}, column {column}",
        _ => null,
    };
}

internal sealed record ErrorDocument(string Code, string Detail, string? Hint, string? RequestId, int? CurrentVersion, IReadOnlyList<ErrorItem>? Errors)
{
    public static ErrorDocument From(MillException failure) => new(failure.Error.ToCode(), failure.Message, failure.Hint, failure.RequestId, failure.CurrentVersion,
        failure.Problems is { Count: > 0 } problems ? [.. problems.Select(problem => new ErrorItem(problem.Code, problem.Detail, problem.Pointer, problem.Name, problem.File, problem.Line, problem.Column))] : null);
}

internal sealed record ErrorItem(string Code, string Detail, string? Pointer, string? Name, string? File, int? Line, int? Column);
