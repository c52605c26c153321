namespace Mill.Client.Contracts;

/// <summary>The first message of whoever runs a program in a container: which.</summary>
public sealed record ExecRequest
{
    /// <summary>The program and its arguments. They are in this message, and in no URL: those are written down on the way.</summary>
    public required IReadOnlyList<string> Command { get; init; }

    /// <summary>How large the terminal is that it gets; left out where it gets none, and what it writes to its two streams stays apart.</summary>
    public TerminalItem? Terminal { get; init; }

    // A record prints its members; an argument may be a password.
    public override string ToString() => "exec";
}

/// <summary>A later message: what became of the input, besides its bytes.</summary>
public sealed record ExecControl
{
    /// <summary>The terminal has another size.</summary>
    public TerminalItem? Terminal { get; init; }

    /// <summary>There is no more input.</summary>
    public bool EndInput { get; init; }
}

/// <summary>The last message of the server: how it ended. Exactly one of the two.</summary>
public sealed record ExecEnd
{
    public int? ExitCode { get; init; }

    /// <summary>Why it was not run to its end.</summary>
    public ProblemResponse? Problem { get; init; }
}

/// <summary>In characters.</summary>
public sealed record TerminalItem(int Columns, int Rows);
