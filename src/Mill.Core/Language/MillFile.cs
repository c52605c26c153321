using Mill.Core.Language.Syntax;
using Mill.Core.Specs;
using Mill.Secrets;

namespace Mill.Core.Language;

/// <summary>A <c>.mill</c> file.</summary>
public static class MillFile
{
    /// <summary>Of a file, in characters.</summary>
    public const int MaxLength = 1 << 20;

    /// <summary>What a file says is to run. Throws <see cref="MillError.InvalidSpec"/> with everything that is wrong, by line and column.</summary>
    public static DeploySpec Read(SourceFile file)
    {
        var problems = new Problems(file);
        if (file.Text.Length > MaxLength) throw new MillException(MillError.TooLarge, $"{file.Name} has more than 1 MiB.");
        var spec = new SpecReader(problems).Read(Parser.Parse(file.Text, problems));
        if (problems.Count is 0) return spec;
        throw new MillException(MillError.InvalidSpec, problems.Count is 1 ? $"{file.Name} has a mistake." : $"{file.Name} has {problems.Count} mistakes{(problems.IsFull ? " at least" : "")}.") { Problems = problems.All };
    }
}
