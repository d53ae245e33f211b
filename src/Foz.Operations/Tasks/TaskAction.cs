namespace Foz.Operations.Tasks;

/// <summary>What a task does.</summary>
public abstract record TaskAction
{
    TaskAction() { }

    /// <summary>Gets the word by which <c>foz.yml</c> names it.</summary>
    public abstract string Kind { get; }

    /// <summary>Gets what it does in a few words, without secrets.</summary>
    public abstract string Text { get; }

    /// <summary>Runs models, seeds or tests, exactly once by the lake.</summary>
    /// <param name="Command">The command line, without <c>foz</c>.</param>
    public sealed record Run(IReadOnlyList<string> Command) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "run";

        /// <inheritdoc/>
        public override string Text => string.Join(' ', Command);
    }

    /// <summary>Runs a statement of SQL.</summary>
    /// <param name="Statement">The statement, in which <c>$name</c> is a parameter.</param>
    /// <param name="Values">The parameters that it names, in the order in which they are bound.</param>
    /// <param name="User">The user whose rights count; null for the owner.</param>
    public sealed record Sql(string Statement, IReadOnlyList<TaskText> Values, string? User) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "sql";

        /// <inheritdoc/>
        public override string Text => Statement;
    }

    /// <summary>Sends a request of HTTP.</summary>
    /// <param name="Request">The request.</param>
    public sealed record Http(HttpTask Request) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "http";

        /// <inheritdoc/>
        public override string Text => $"{Request.Method} {Request.Url.Written}";
    }

    /// <summary>Runs a command line of the shell.</summary>
    /// <param name="Line">The line, unchanged.</param>
    /// <param name="Variables">Environment variables.</param>
    public sealed record Shell(string Line, IReadOnlyDictionary<string, TaskText> Variables) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "shell";

        /// <inheritdoc/>
        public override string Text => Line;
    }

    /// <summary>Runs a file of the project in Python.</summary>
    /// <param name="File">Its path in the project.</param>
    /// <param name="Arguments">Its arguments.</param>
    /// <param name="Variables">Environment variables.</param>
    public sealed record Python(
        string File, IReadOnlyList<TaskText> Arguments, IReadOnlyDictionary<string, TaskText> Variables) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "python";

        /// <inheritdoc/>
        public override string Text => File;
    }

    /// <summary>Runs a container with <c>podman</c> or <c>docker</c>.</summary>
    /// <param name="Image">The image.</param>
    /// <param name="Arguments">The command in it; empty for the image's own.</param>
    /// <param name="Variables">Environment variables.</param>
    /// <param name="Volumes">Folders that it sees, as <c>--volume</c> takes them.</param>
    public sealed record Container(
        string Image, IReadOnlyList<TaskText> Arguments, IReadOnlyDictionary<string, TaskText> Variables,
        IReadOnlyList<string> Volumes) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "container";

        /// <inheritdoc/>
        public override string Text => Image;
    }

    /// <summary>Waits until something is there.</summary>
    /// <param name="Target">What.</param>
    /// <param name="Interval">How often it is looked for.</param>
    public sealed record Sensor(SensorTarget Target, TimeSpan Interval) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "wait_for";

        /// <inheritdoc/>
        public override string Text => Target.Text;
    }

    /// <summary>Waits for a person.</summary>
    /// <param name="By">Who may decide: users, and <c>group:name</c>; empty for all.</param>
    public sealed record Approval(IReadOnlyList<string> By) : TaskAction
    {
        /// <inheritdoc/>
        public override string Kind => "approval";

        /// <inheritdoc/>
        public override string Text => By.Count == 0 ? "anyone" : $"by {string.Join(", ", By)}";
    }
}

/// <summary>A request of HTTP.</summary>
public sealed record HttpTask
{
    /// <summary>Gets the method.</summary>
    public required string Method { get; init; }

    /// <summary>Gets the address; values that are filled in are escaped.</summary>
    public required TaskText Url { get; init; }

    /// <summary>Gets the headers.</summary>
    public IReadOnlyDictionary<string, TaskText> Headers { get; init; } = new Dictionary<string, TaskText>();

    /// <summary>Gets the body; null for none.</summary>
    public TaskJson? Body { get; init; }

    /// <summary>Gets the statuses that are a success; empty for 200 to 299.</summary>
    public IReadOnlyList<int> Expected { get; init; } = [];

    /// <summary>Gets the fields of the JSON that is answered which become outputs, by their names.</summary>
    public IReadOnlyDictionary<string, string> Outputs { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a sensor waits for.</summary>
public abstract record SensorTarget
{
    SensorTarget() { }

    /// <summary>Gets what it waits for in a few words.</summary>
    public abstract string Text { get; }

    /// <summary>A file, or any file of a pattern.</summary>
    /// <param name="Path">A path in the project, a full one, or an object's address; <c>*</c> in its last part.</param>
    public sealed record File(TaskText Path) : SensorTarget
    {
        /// <inheritdoc/>
        public override string Text => $"file {Path.Written}";
    }

    /// <summary>A table, perhaps with a version that is young enough.</summary>
    /// <param name="Name">The table.</param>
    /// <param name="Since">The moment at or after which its version was committed; null for any.</param>
    public sealed record Table(string Name, TaskText? Since) : SensorTarget
    {
        /// <inheritdoc/>
        public override string Text => Since is { } since ? $"table {Name} since {since.Written}" : $"table {Name}";
    }

    /// <summary>A statement of SQL that gives a row whose first column is neither NULL, false nor 0.</summary>
    /// <param name="Statement">The statement.</param>
    public sealed record Sql(TaskAction.Sql Statement) : SensorTarget
    {
        /// <inheritdoc/>
        public override string Text => $"sql {Statement.Statement}";
    }

    /// <summary>A request of HTTP that succeeds.</summary>
    /// <param name="Request">The request.</param>
    public sealed record Http(HttpTask Request) : SensorTarget
    {
        /// <inheritdoc/>
        public override string Text => $"http {Request.Url.Written}";
    }

    /// <summary>A moment.</summary>
    /// <param name="At">A time of the due day, or a day and a time.</param>
    public sealed record Time(TaskText At) : SensorTarget
    {
        /// <inheritdoc/>
        public override string Text => $"time {At.Written}";
    }
}
