using System.Net;

namespace Foz.Storage.Remote;

/// <summary>A request to a storage service that did not succeed. Its message holds no secret.</summary>
sealed class ServiceFault(string message, Exception? inner = null) : Exception(message, inner)
{
    const int CharactersMax = 300;

    static readonly HashSet<string> transientCodes = new(StringComparer.Ordinal)
    {
        "RequestTimeout", "RequestTimeTooSkewed", "SlowDown", "InternalError", "ServiceUnavailable", "ServerBusy",
        "OperationTimedOut", "OperationAborted", "ConditionalRequestConflict", "ExpiredToken",
    };

    /// <summary>The status; null if no answer came.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The service's own name of the fault; empty if it gave none.</summary>
    public string Code { get; init; } = "";

    /// <summary>Whether the same request may succeed later.</summary>
    public bool IsTransient { get; init; }

    /// <summary>How long the service asks to wait; null if it does not.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>Returns the fault that an answer reports.</summary>
    /// <param name="service">The service's name.</param>
    /// <param name="response">The answer.</param>
    /// <param name="code">The service's name of the fault.</param>
    /// <param name="message">What it said.</param>
    public static ServiceFault Of(string service, HttpResponseMessage response, string code, string message)
    {
        var status = response.StatusCode;
        var text = message.ReplaceLineEndings(" ").Trim();
        if (text.Length > CharactersMax) text = text[..CharactersMax];
        var said = string.Join(": ", new[] { code, text }.Where(part => part.Length > 0));
        return new($"{service} answered {(int)status}{(said.Length == 0 ? "" : " ")}{said}")
        {
            Status = status,
            Code = code,
            IsTransient = transientCodes.Contains(code) || status is HttpStatusCode.RequestTimeout
                or HttpStatusCode.TooManyRequests or HttpStatusCode.InternalServerError
                or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout,
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    /// <summary>No whole answer came: whether the request took effect is unknown.</summary>
    public static ServiceFault NoAnswer(string service, Exception error) =>
        new($"{service} did not answer: {error.Message}", error) { IsTransient = true };

    /// <summary>The library's error for an operation on an object.</summary>
    public StorageException ToError(string operation, string root, string path, int attempts)
    {
        var (kind, hint) = Classify();
        var tries = attempts > 1 ? $", {attempts} times" : "";
        return new(kind, $"cannot {operation} '{path}' in {root}: {Message}{tries}{hint}", this) { Path = path };
    }

    (StorageErrorKind Kind, string Hint) Classify() => Status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            (StorageErrorKind.Denied, "; check the credentials and what they may do"),
        HttpStatusCode.InsufficientStorage => (StorageErrorKind.Full, ""),
        _ when Code is "QuotaExceeded" or "XMinioStorageFull" => (StorageErrorKind.Full, ""),
        HttpStatusCode.NotFound => (StorageErrorKind.Failed, "; check the name of the bucket or container"),
        _ => (StorageErrorKind.Failed, ""),
    };
}
